package capi

import (
	"encoding/binary"
	"math"
)

// Value is one value of a packed event. Of an object and an array, Data is what Next takes apart, of a text or number the text;
// else it has eight bytes, and of a time four more for the nanoseconds.
type Value struct {
	Kind uint32
	Data string
}

// Next takes the first value off what an object or array holds, with its name, which is empty in an array.
//
// A value is its kind, the length of its name, the name, the length of its data unless the kind says it, the data.
func Next(data string) (name string, value Value, rest string) {
	kind := uint32(data[0])
	length, data := number(data[1:])
	name, data = data[:length], data[length:]
	length, data = sizeOf(kind, data)
	return name, Value{kind, data[:length]}, data[length:]
}

// Count gives the number of values in what an object or array holds.
func Count(data string) int {
	count := 0
	for data != "" {
		_, _, data = Next(data)
		count++
	}
	return count
}

// Integer gives an int, a bool as 0 or 1, the seconds of a time.
func (v Value) Integer() int64 {
	return int64(bits(v.Data))
}

// Float gives a float.
func (v Value) Float() float64 { return math.Float64frombits(bits(v.Data)) }

// Nanos gives the nanoseconds of a time.
func (v Value) Nanos() int64 {
	data := v.Data[8:12]
	return int64(data[0]) | int64(data[1])<<8 | int64(data[2])<<16 | int64(data[3])<<24
}

func bits(data string) uint64 {
	data = data[:8]
	return uint64(data[0]) | uint64(data[1])<<8 | uint64(data[2])<<16 | uint64(data[3])<<24 |
		uint64(data[4])<<32 | uint64(data[5])<<40 | uint64(data[6])<<48 | uint64(data[7])<<56
}

// sizeOf gives the number of bytes of a value's data.
func sizeOf(kind uint32, data string) (length uint32, rest string) {
	switch kind {
	case KindNull:
		return 0, data
	case KindBool, KindFloat, KindInt:
		return 8, data
	case KindTime:
		return 12, data
	case KindArray, KindObject:
		return uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24, data[4:]
	}
	return number(data)
}

// number reads what appendNumber wrote.
func number(data string) (value uint32, rest string) {
	if first := data[0]; first < 0x80 {
		return uint32(first), data[1:]
	}
	for i := range 5 {
		value |= uint32(data[i]&0x7F) << (7 * i)
		if data[i] < 0x80 {
			return value, data[i+1:]
		}
	}
	return value, data[5:]
}

func appendNumber(into []byte, value uint32) []byte {
	if value < 0x80 {
		return append(into, byte(value))
	}
	return binary.AppendUvarint(into, uint64(value))
}

// source is an event as the library has it.
type source struct {
	nodes []node
	text  []byte
}

// appendInside packs what stands inside of a node.
func (s *source) appendInside(into []byte, parent uint32) []byte {
	for at, end := parent+1, s.nodes[parent].end; at < end; {
		node := &s.nodes[at]
		into = append(into, byte(node.kind))
		into = appendNumber(into, node.nameLen)
		into = append(into, s.text[node.nameStart:node.nameStart+node.nameLen]...)
		switch node.kind {
		case KindNull:
		case KindBool, KindInt:
			into = binary.LittleEndian.AppendUint64(into, uint64(node.integer))
		case KindFloat:
			into = binary.LittleEndian.AppendUint64(into, math.Float64bits(node.float))
		case KindTime:
			into = binary.LittleEndian.AppendUint64(into, uint64(node.integer))
			into = binary.LittleEndian.AppendUint32(into, node.nanos)
		case KindArray, KindObject:
			// As deep as events nest: a thousand levels at most.
			start := len(into)
			into = s.appendInside(append(into, 0, 0, 0, 0), at)
			binary.LittleEndian.PutUint32(into[start:], uint32(len(into)-start-4))
		default:
			into = appendNumber(into, node.textLen)
			into = append(into, s.text[node.textStart:node.textStart+node.textLen]...)
		}
		at = node.end
	}
	return into
}
