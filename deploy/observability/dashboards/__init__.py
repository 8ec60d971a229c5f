"""Grafana's dashboards, written with the types of Grafana's own schema. `make dashboards` turns them into JSON."""
