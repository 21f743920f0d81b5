//go:build sawlog_static

// The archive by its full path: -lsawlog would take a shared library beside it.

package capi

// #cgo pkg-config: sawlog-static
import "C"
