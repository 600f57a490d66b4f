"""What `make` calls: set-up, the demo product, tests, lint and benchmarks."""
