"""Real rows under the emulator: servers that do what DTS does. Knows nothing of jobs, states or the wire."""
