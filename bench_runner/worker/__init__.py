"""What runs inside the measured environment: an island on top of asv_runner."""
