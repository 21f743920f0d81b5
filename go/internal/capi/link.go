//go:build !sawlog_static

package capi

// #cgo pkg-config: sawlog
import "C"
