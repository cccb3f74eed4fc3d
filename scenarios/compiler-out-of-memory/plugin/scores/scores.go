// Package scores has a table that a tool writes before each build.
package scores
