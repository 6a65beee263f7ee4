"""What this project's own work costs; measured by its own runner, history in results/."""
