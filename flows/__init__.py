"""What runs: settings, landing and gate, the nightly flow, publish, and the commands."""
