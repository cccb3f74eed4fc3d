package main

import (
	"testing"

	"github.com/shirou/gopsutil/v4/host"
)

func TestUp(t *testing.T) {
	want, err := host.Uptime()
	if err != nil {
		t.Fatal(err)
	}
	got, err := up()
	if err != nil || got > int64(want)+1 {
		t.Errorf("up() = %d, %v; gopsutil says %d", got, err, want)
	}
}
