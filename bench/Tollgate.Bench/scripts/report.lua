-- What a run came to, on one line that the bench reads.
return function(summary, latency)
  io.write(string.format(
    "RESULT requests=%d micros=%d p50=%.1f p90=%.1f p99=%.1f p999=%.1f max=%.1f status=%d connect=%d read=%d write=%d timeout=%d\n",
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9), latency.max,
    summary.errors.status, summary.errors.connect, summary.errors.read, summary.errors.write, summary.errors.timeout))
end
