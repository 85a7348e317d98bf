# One image for every part; a worker unless another command is named.
FROM python:3.11.14-slim-bookworm AS build

WORKDIR /build
COPY requirements-dev.lock ./
# Of what developers need, the build needs setuptools alone, and takes it by its hash as well.
RUN sed -n '/^setuptools==/,/^    # via/p' requirements-dev.lock > build.lock \
    && pip install --no-cache-dir --require-hashes -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY noise ./noise
COPY pipelines ./pipelines
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir wheels .


FROM python:3.11.14-slim-bookworm

# USER names the folder for temporary files, also where another user id is forced on it.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 USER=noise
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin noise
COPY requirements.lock /srv/
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r /srv/requirements.lock
COPY --from=build /build/wheels /srv/wheels
RUN pip install --no-cache-dir --no-deps /srv/wheels/*.whl

# Nothing is written but temporary files: the root may be read-only, with a tmpfs on /tmp.
USER noise
WORKDIR /home/noise
EXPOSE 9464
ENTRYPOINT ["noise"]
CMD ["worker"]
