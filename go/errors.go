package sawlog

import (
	"errors"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// What a worker answers when it is used as it must not be.
var (
	// ErrBusy says that another goroutine is in a call to the same worker.
	ErrBusy = errors.New("sawlog: the worker is in use by another goroutine")
	// ErrClosed says that the worker is closed.
	ErrClosed = errors.New("sawlog: the worker is closed")
)

// Error is a refusal by the library that has nothing to do with a config: a text that is not UTF-8 where one must be, an
// amount beyond a limit, a mistake of the library's own. A worker that met the last can only be closed.
type Error struct {
	// Status is one of the numbers of sawlog.h, which never change their meaning.
	Status int
	// Message says what it means.
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return "sawlog: " + e.Message }

// publicError turns an error of the layer below into one of this package.
func publicError(err error) error {
	switch err := err.(type) {
	case capi.Diagnostics:
		return &DiagnosticError{diagnostics(err)}
	case *capi.Error:
		return &Error{int(err.Status), err.Text}
	}
	return err
}
