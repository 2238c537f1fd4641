"""What operators see of a running bot: meters for Prometheus, spans for OpenTelemetry."""
