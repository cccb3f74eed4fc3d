"""The pure core: values in, values out; no engine, process, clock, file or log."""
