// Package rules knows who may join.
package rules
