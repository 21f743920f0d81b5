package sawlog

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// Severity ranks a [Diagnostic].
type Severity int

// The severities, the worst first.
const (
	// SeverityError says that the config is refused.
	SeverityError Severity = capi.SeverityError
	// SeverityWarning says that the config is accepted and probably wrong.
	SeverityWarning Severity = capi.SeverityWarning
	// SeverityNote says something worth knowing.
	SeverityNote Severity = capi.SeverityNote
)

// String returns "error", "warning" or "note".
func (s Severity) String() string {
	switch s {
	case SeverityError:
		return "error"
	case SeverityWarning:
		return "warning"
	case SeverityNote:
		return "note"
	}
	return fmt.Sprintf("Severity(%d)", int(s))
}

// Diagnostic is one problem of a config.
type Diagnostic struct {
	// Severity says how bad it is.
	Severity Severity
	// Code names the kind of problem in a stable kebab-case word: "unknown-pattern".
	Code string
	// Message says what was found and what is accepted; lower-case start, no full stop.
	Message string
	// Help says what to write instead; often empty.
	Help string
	// Source is the name of the config text; empty for what concerns no single place.
	Source string
	// Line and Column, in characters, count from 1; 0 without a place.
	Line, Column int
	// Start and End are the place in bytes of the source.
	Start, End int
	// Labels are further places that explain it.
	Labels []Label
}

// Label is a second place that explains a [Diagnostic].
type Label struct {
	// Message says what is to be seen there.
	Message string
	// Source, Line, Column, Start and End are as in a Diagnostic.
	Source       string
	Line, Column int
	Start, End   int
}

// String writes "name:line:column: error[code]: message".
func (d Diagnostic) String() string {
	var text strings.Builder
	if d.Line > 0 {
		fmt.Fprintf(&text, "%s:%d:%d: ", d.Source, d.Line, d.Column)
	}
	fmt.Fprintf(&text, "%s[%s]: %s", d.Severity, d.Code, d.Message)
	return text.String()
}

// LogValue gives log/slog a group of the diagnostic's parts; what is empty is left out.
func (d Diagnostic) LogValue() slog.Value {
	attrs := make([]slog.Attr, 0, 7)
	attrs = append(attrs,
		slog.String("severity", d.Severity.String()),
		slog.String("code", d.Code),
		slog.String("message", d.Message))
	if d.Help != "" {
		attrs = append(attrs, slog.String("help", d.Help))
	}
	if d.Line > 0 {
		attrs = append(attrs,
			slog.String("source", d.Source),
			slog.Int("line", d.Line),
			slog.Int("column", d.Column))
	}
	return slog.GroupValue(attrs...)
}

// DiagnosticError says why a config is refused: all of its problems, in the order of their places,
// warnings among them. [errors.As] finds it in what [Compile], [CompileFile], [ReadNeeds] and
// [Pipeline.WithResources] return.
type DiagnosticError struct {
	// Diagnostics has at least one of [SeverityError].
	Diagnostics []Diagnostic
}

// Error writes one line for each problem, as [Diagnostic.String] does.
func (e *DiagnosticError) Error() string {
	lines := make([]string, len(e.Diagnostics))
	for i, diagnostic := range e.Diagnostics {
		lines[i] = diagnostic.String()
	}
	return strings.Join(lines, "\n")
}

// LogValue gives log/slog the number of errors and a group for each problem, named by its place in
// the list.
func (e *DiagnosticError) LogValue() slog.Value {
	errors := 0
	attrs := make([]slog.Attr, 1, len(e.Diagnostics)+1)
	for i, diagnostic := range e.Diagnostics {
		if diagnostic.Severity == SeverityError {
			errors++
		}
		attrs = append(attrs, slog.Any(fmt.Sprint(i), diagnostic))
	}
	attrs[0] = slog.Int("errors", errors)
	return slog.GroupValue(attrs...)
}

// diagnostics turns what the library says into values of this package.
func diagnostics(from []capi.Diagnostic) []Diagnostic {
	all := make([]Diagnostic, len(from))
	for i, one := range from {
		labels := make([]Label, len(one.Labels))
		for j, label := range one.Labels {
			at := label.Place
			labels[j] = Label{label.Message, at.Source, at.Line, at.Column, at.Start, at.End}
		}
		at := one.Place
		all[i] = Diagnostic{
			Severity(one.Severity), one.Code, one.Message, one.Hint,
			at.Source, at.Line, at.Column, at.Start, at.End, labels,
		}
	}
	return all
}
