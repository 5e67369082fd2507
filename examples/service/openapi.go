package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/trade"
)

// object is an object of the document.
type object = map[string]any

// parameter is a header or a parameter of the query. Those of a path are in the path.
type parameter struct {
	in, name, about string
	required        bool
	schema          object
}

// document returns the OpenAPI document of a table of routes.
func document(routes []route) object {
	paths := object{}
	for _, r := range routes {
		item, _ := paths[r.path].(object)
		if item == nil {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = r.operation()
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Trade-assurance and pay-later orders", "version": "1",
			"description": "Commands on streams of events, their states, and the events. The fields, roles, phases and rules of every command are in order/COMMANDS.md.",
		},
		"security": []any{object{"token": []any{}}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}},
			"schemas":         object{"Problem": schemaOf(reflect.TypeFor[problem]())},
			"responses": object{"Problem": object{
				"description": "The request was not answered: problem details as in RFC 9457.",
				"headers":     object{"Content-Language": object{"description": "The language of title, detail and text.", "schema": object{"enum": []any{"en", "zh"}}}},
				"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
			}},
		},
	}
}

var inBraces = regexp.MustCompile(`\{(\w+)\}`)

// operation describes a route.
func (r route) operation() object {
	var parameters []any
	for _, name := range inBraces.FindAllStringSubmatch(r.path, -1) {
		schema := object{"type": "string"}
		switch {
		case name[1] == "command":
			schema["enum"] = r.commands
		case name[1] == "id" && !strings.HasPrefix(r.path, "/entrustments/"):
			schema = schemaOf(reflect.TypeFor[trade.ID]())
		}
		parameters = append(parameters, object{"in": "path", "name": name[1], "required": true, "schema": schema})
	}
	for _, p := range r.parameters {
		parameters = append(parameters, object{"in": p.in, "name": p.name, "description": p.about, "required": p.required, "schema": p.schema})
	}
	responses := object{"default": object{"$ref": "#/components/responses/Problem"}}
	for _, a := range r.answers {
		answer := object{"description": a.about}
		if a.example != nil {
			media := object{"schema": schemaOfAnswer(a.example)}
			if a.mediaType == "application/json" {
				media["example"] = a.example
			}
			answer["content"] = object{a.mediaType: media}
		}
		headers := object{}
		for _, name := range a.headers {
			headers[name] = object{"schema": object{"type": "string"}}
		}
		if len(headers) > 0 {
			answer["headers"] = headers
		}
		responses[strconv.Itoa(a.status)] = answer
	}
	operation := object{"summary": r.summary, "operationId": r.name(), "responses": responses}
	if len(parameters) > 0 {
		operation["parameters"] = parameters
	}
	if r.method == http.MethodPost {
		operation["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": object{
			"type": "object", "description": "The JSON of the command: see order/COMMANDS.md.",
		}}}}
	}
	if r.open {
		operation["security"] = []any{}
	}
	return operation
}

// name returns the name of a route in the document: its method and the words of its path.
func (r route) name() string {
	var b strings.Builder
	b.WriteString(strings.ToLower(r.method))
	for _, word := range strings.FieldsFunc(r.path, func(c rune) bool { return !unicode.IsLetter(c) }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// schemaOfAnswer returns the schema of what an example is one of.
func schemaOfAnswer(example any) object {
	if _, ok := example.(funds.Balance); ok {
		// A balance shows figures as of its last event: this is the form that it documents.
		return schemaIn(reflect.TypeFor[struct {
			Merchant trade.Account
			Currency trade.Currency
			Phase    funds.Phase
			LastAt   time.Time
			funds.Page
			Cards       []funds.CardNo
			Withdrawals []funds.Withdrawal
		}](), true)
	}
	return schemaOf(reflect.TypeOf(example))
}

// Types that have a form of their own.
var (
	textual   = reflect.TypeFor[encoding.TextMarshaler]()
	marshaler = reflect.TypeFor[json.Marshaler]()
	named     = reflect.TypeFor[fmt.Stringer]()
	forms     = map[reflect.Type]object{
		reflect.TypeFor[time.Time]():       {"type": "string", "format": "date-time"},
		reflect.TypeFor[trade.Money]():     {"type": "string", "pattern": `^-?[0-9]+(\.[0-9]+)? [A-Z]{3}$`},
		reflect.TypeFor[trade.ID]():        {"type": "string", "format": "uuid", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
		reflect.TypeFor[json.RawMessage](): {"type": "object"},
		reflect.TypeFor[object]():          {"type": "object"},
	}
)

// schemaOf returns the schema of the JSON of a type: of a state in the form that the library documents,
// in which what is zero is left out, and of a type of this program as encoding/json has it.
func schemaOf(t reflect.Type) object {
	if t.Kind() == reflect.Struct && t.Implements(marshaler) && forms[t] == nil {
		return schemaIn(t, true)
	}
	return schemaIn(t, false)
}

func schemaIn(t reflect.Type, state bool) object {
	if form, ok := forms[t]; ok {
		return form
	}
	if t.Implements(textual) || state && t.Implements(named) && t.Kind() != reflect.Struct {
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		s := object{"type": "object", "additionalProperties": false, "properties": object{}}
		addMembers(s, t, state)
		return s
	case reflect.Interface: // an event, which has its name as type
		return object{"type": "object", "properties": object{"type": object{"type": "string"}}, "required": []any{"type"}}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": schemaIn(t.Elem(), state)}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	default:
		panic(fmt.Sprintf("a %s has no schema", t))
	}
}

// addMembers adds the fields of a struct, and those of structs embedded in it.
func addMembers(s object, t reflect.Type, state bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			addMembers(s, f.Type, state)
			continue
		}
		if !f.IsExported() || f.Anonymous {
			continue
		}
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "" || key == "-" {
			key = snake(f.Name)
		}
		s["properties"].(object)[key] = schemaIn(f.Type, state)
		if required, _ := s["required"].([]any); !state && !strings.Contains(options, "omit") {
			s["required"] = append(required, key)
		}
	}
}

// snake returns a Go name in snake_case, as states have their keys. A run of capitals is one word.
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
