"""Translation that shows where it looked for each word."""
