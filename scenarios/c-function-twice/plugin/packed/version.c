int packed_version(void) { return 3; }
