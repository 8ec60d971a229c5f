"""What the Pulumi projects in deploy/ share. README.md beside pyproject.toml says what is where."""
