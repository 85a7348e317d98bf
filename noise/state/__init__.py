"""What is remembered: bounded in size and age, versioned, in pieces that change by themselves."""
