package capi

// #include <sawlog.h>
import "C"

// Status is what a function of the library returns.
type Status int

// The statuses that callers look at.
const (
	OK         Status = C.SAWLOG_OK
	OutputFull Status = C.SAWLOG_OUTPUT_FULL
	End        Status = C.SAWLOG_END
)

// The values of Diagnostic.Severity.
const (
	SeverityError   = C.SAWLOG_SEVERITY_ERROR
	SeverityWarning = C.SAWLOG_SEVERITY_WARNING
	SeverityNote    = C.SAWLOG_SEVERITY_NOTE
)

// Error is a status that is no success.
type Error struct {
	Status Status
	Text   string
}

func (e *Error) Error() string { return "sawlog: " + e.Text }

// Diagnostics is the status that comes with diagnostics, as an error.
type Diagnostics []Diagnostic

func (d Diagnostics) Error() string { return "sawlog: the config is refused" }

// Diagnostic is one problem of a config.
type Diagnostic struct {
	Severity            int
	Code, Message, Hint string
	Place               Place
	Labels              []Label
}

// Label is a further place of a diagnostic.
type Label struct {
	Message string
	Place   Place
}

// Err gives a status as an error, nil for a success or a condition.
func (s Status) Err() error {
	if s < C.SAWLOG_BAD_POINTER {
		return nil
	}
	return s.Failure()
}

// Failure gives a status as an error, nil for a success alone.
func (s Status) Failure() error {
	if s == OK {
		return nil
	}
	return &Error{s, text(C.sawlog_status_text(C.int32_t(s)))}
}

func check(status C.int32_t) error { return Status(status).Err() }

// checked is check for a call that may give diagnostics; these are freed.
func checked(status C.int32_t, list **C.sawlog_diagnostics) error {
	if *list == nil {
		return check(status)
	}
	defer C.sawlog_diagnostics_free(list)
	if err := check(status); err == nil {
		return nil
	}
	return Diagnostics(diagnostics(*list))
}

func diagnostics(list *C.sawlog_diagnostics) []Diagnostic {
	count := int(C.sawlog_diagnostics_count(list))
	all := make([]Diagnostic, 0, count)
	for index := range count {
		at := C.sawlog_diagnostic{struct_size: C.sizeof_sawlog_diagnostic}
		if C.sawlog_diagnostics_at(list, C.size_t(index), &at) != C.SAWLOG_OK {
			break
		}
		labels := make([]Label, 0, int(at.labels))
		for label := range cap(labels) {
			further := C.sawlog_diagnostic{struct_size: C.sizeof_sawlog_diagnostic}
			if C.sawlog_diagnostics_label(list, C.size_t(index), C.size_t(label), &further) != C.SAWLOG_OK {
				break
			}
			labels = append(labels, Label{text(further.message), place(&further)})
		}
		all = append(all, Diagnostic{
			Severity: int(at.severity),
			Code:     text(at.code),
			Message:  text(at.message),
			Hint:     text(at.hint),
			Place:    place(&at),
			Labels:   labels,
		})
	}
	return all
}

func place(at *C.sawlog_diagnostic) Place {
	return Place{text(at.source), int(at.line), int(at.column), int(at.start), int(at.end)}
}
