package sawlog

import (
	"fmt"
	"iter"
	"log/slog"
	"strconv"
	"time"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// Kind tells what a [Value] holds.
type Kind uint32

// The kinds of values.
const (
	// KindArray is a list of values.
	KindArray Kind = capi.KindArray
	// KindBool is true or false.
	KindBool Kind = capi.KindBool
	// KindFloat is a float64.
	KindFloat Kind = capi.KindFloat
	// KindInt is an int64.
	KindInt Kind = capi.KindInt
	// KindNull is JSON's null, and the zero Value.
	KindNull Kind = capi.KindNull
	// KindNumber is a number that is exactly neither an int64 nor a float64, as its JSON text.
	KindNumber Kind = capi.KindNumber
	// KindObject is a map from texts to values, in a fixed order.
	KindObject Kind = capi.KindObject
	// KindString is a text.
	KindString Kind = capi.KindString
	// KindTime is an instant.
	KindTime Kind = capi.KindTime
)

// String returns the kind's name in lower case.
func (k Kind) String() string {
	names := [...]string{
		KindArray: "array", KindBool: "bool", KindFloat: "float", KindInt: "int", KindNull: "null",
		KindNumber: "number", KindObject: "object", KindString: "string", KindTime: "time",
	}
	if k == 0 || int(k) >= len(names) {
		return fmt.Sprintf("Kind(%d)", uint32(k))
	}
	return names[k]
}

// Value is what a field of an [Event] holds. It is immutable, belongs to the Go heap and may be kept
// as long as one likes; it keeps its whole event alive. The zero Value is null.
type Value struct {
	value capi.Value
}

// Kind tells what the value holds.
func (v Value) Kind() Kind {
	if v.value.Kind == 0 {
		return KindNull
	}
	return Kind(v.value.Kind)
}

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.Kind() == KindNull }

// Bool returns the value of KindBool, false for any other kind.
func (v Value) Bool() bool { return v.Kind() == KindBool && v.value.Integer() != 0 }

// Int returns the value of KindInt, 0 for any other kind.
func (v Value) Int() int64 {
	if v.Kind() != KindInt {
		return 0
	}
	return v.value.Integer()
}

// Float returns the value of KindFloat, and that of KindInt and KindNumber as the nearest float64; 0
// for any other kind.
func (v Value) Float() float64 {
	switch v.Kind() {
	case KindFloat:
		return v.value.Float()
	case KindInt:
		return float64(v.Int())
	case KindNumber:
		// Out of range gives an infinity, the nearest there is.
		number, _ := strconv.ParseFloat(v.Text(), 64)
		return number
	}
	return 0
}

// Text returns the text of KindString and the digits of KindNumber; "" for any other kind.
func (v Value) Text() string {
	switch v.Kind() {
	case KindString, KindNumber:
		return v.value.Data
	}
	return ""
}

// Time returns the instant of KindTime in UTC, the zero time for any other kind.
func (v Value) Time() time.Time {
	if v.Kind() != KindTime {
		return time.Time{}
	}
	return time.Unix(v.value.Integer(), v.value.Nanos()).UTC()
}

// Len returns the number of elements of an array and of fields of an object; 0 for any other kind.
func (v Value) Len() int {
	switch v.Kind() {
	case KindArray, KindObject:
		return capi.Count(v.value.Data)
	}
	return 0
}

// Elements yields the elements of an array with their places from 0; nothing for any other kind.
func (v Value) Elements() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != KindArray {
			return
		}
		index := 0
		for _, value := range v.children() {
			if !yield(index, value) {
				return
			}
			index++
		}
	}
}

// Fields yields the keys and values of an object in its order; nothing for any other kind.
func (v Value) Fields() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() == KindObject {
			v.children()(yield)
		}
	}
}

// Key returns the value of a key of an object.
func (v Value) Key(key string) (Value, bool) {
	for name, value := range v.Fields() {
		if name == key {
			return value, true
		}
	}
	return Value{}, false
}

// Index returns an element of an array; a negative index counts from the end, as in a field
// reference.
func (v Value) Index(index int) (Value, bool) {
	if index < 0 {
		index += v.Len()
	}
	for at, value := range v.Elements() {
		if at == index {
			return value, true
		}
	}
	return Value{}, false
}

// Any returns the value as Go's own types: nil, bool, int64, float64, string, [time.Time], []any,
// map[string]any; a KindNumber as [encoding/json.Number] would have it, a string of digits.
func (v Value) Any() any {
	switch v.Kind() {
	case KindBool:
		return v.Bool()
	case KindInt:
		return v.Int()
	case KindFloat:
		return v.Float()
	case KindNumber, KindString:
		return v.Text()
	case KindTime:
		return v.Time()
	case KindArray:
		list := make([]any, 0, v.Len())
		for _, value := range v.Elements() {
			list = append(list, value.Any())
		}
		return list
	case KindObject:
		object := make(map[string]any, v.Len())
		for key, value := range v.Fields() {
			object[key] = value.Any()
		}
		return object
	}
	return nil
}

// String returns the text of a string or number as it is, a time in RFC 3339, and what fmt writes
// for [Value.Any] of anything else.
func (v Value) String() string {
	switch v.Kind() {
	case KindNumber, KindString:
		return v.Text()
	case KindTime:
		return v.Time().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v.Any())
}

// LogValue gives log/slog the value; an object becomes a group.
func (v Value) LogValue() slog.Value {
	switch v.Kind() {
	case KindBool:
		return slog.BoolValue(v.Bool())
	case KindInt:
		return slog.Int64Value(v.Int())
	case KindFloat:
		return slog.Float64Value(v.Float())
	case KindNumber, KindString:
		return slog.StringValue(v.Text())
	case KindTime:
		return slog.TimeValue(v.Time())
	case KindObject:
		attrs := make([]slog.Attr, 0, v.Len())
		for key, value := range v.Fields() {
			attrs = append(attrs, slog.Attr{Key: key, Value: value.LogValue()})
		}
		return slog.GroupValue(attrs...)
	}
	return slog.AnyValue(v.Any())
}

// children yields what an array or object holds, with keys where there are any.
func (v Value) children() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for data := v.value.Data; data != ""; {
			var key string
			var value capi.Value
			key, value, data = capi.Next(data)
			if !yield(key, Value{value}) {
				return
			}
		}
	}
}
