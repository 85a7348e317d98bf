"""A real single-node Apache Kafka as a child process, for those who have no broker."""
