package wire

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// AppendView appends the JSON of a state to b. It is derived from the struct, so that it follows it:
//
//   - keys are in snake_case: the name that the field has on the wire, or else that of the field,
//   - enumerations and roles are written by name, money as text with its currency, instants in UTC,
//   - a field with its zero value is left out, so that no zero instant appears, and unexported ones are,
//   - the fields of an embedded struct stand among those around it,
//   - an event has its wire name under "type" before its fields.
//
// It is for people and programs that read a state. Nothing decodes it, and nothing is stored in it.
func AppendView(b []byte, v any) ([]byte, error) { return appendView(b, reflect.ValueOf(v)) }

func appendView(b []byte, v reflect.Value) ([]byte, error) {
	switch x := v.Interface().(type) {
	case time.Time:
		return AppendTime(b, x), nil
	case encoding.TextMarshaler:
		text, err := x.MarshalText()
		return AppendString(b, string(text)), err
	case fmt.Stringer:
		if v.Kind() != reflect.Struct {
			return AppendString(b, x.String()), nil
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		members, err := appendMembers(nil, v)
		return append(append(append(b, '{'), members...), '}'), err
	case reflect.Interface:
		return appendEvent(b, v.Elem())
	case reflect.Slice, reflect.Array:
		return appendList(b, v)
	case reflect.String:
		return AppendString(b, v.String()), nil
	case reflect.Bool:
		return fmt.Append(b, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Append(b, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Append(b, v.Uint()), nil
	default:
		return b, fmt.Errorf("wire: a %s has no form", v.Type())
	}
}

// appendEvent appends a value that an interface holds, which is an event.
func appendEvent(b []byte, v reflect.Value) ([]byte, error) {
	kind := v.MethodByName("Kind")
	if !kind.IsValid() || v.Kind() != reflect.Struct {
		return b, fmt.Errorf("wire: a %s has no form", v.Type())
	}
	b, err := appendView(append(b, `{"type":`...), kind.Call(nil)[0])
	if err != nil {
		return b, err
	}
	members, err := appendMembers(nil, v)
	if len(members) > 0 {
		b = append(b, ',')
	}
	return append(append(b, members...), '}'), err
}

func appendList(b []byte, v reflect.Value) (_ []byte, err error) {
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendView(b, v.Index(i)); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// appendMembers appends the members of a struct, without the braces around them.
func appendMembers(b []byte, v reflect.Value) (_ []byte, err error) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && !f.Anonymous || v.Field(i).IsZero() {
			continue
		}
		var member []byte
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			member, err = appendMembers(nil, v.Field(i))
		} else {
			member, err = appendView(append(AppendString(nil, viewKey(f)), ':'), v.Field(i))
		}
		if err != nil {
			return b, fmt.Errorf("%s.%s: %w", t.Name(), f.Name, err)
		}
		if len(b) > 0 && len(member) > 0 {
			b = append(b, ',')
		}
		b = append(b, member...)
	}
	return b, nil
}

// viewKey returns the key of a field.
func viewKey(f reflect.StructField) string {
	if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" && key != "-" {
		return key
	}
	return snake(f.Name)
}

// snake returns a Go name in snake_case. A run of capitals is one word.
func snake(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
