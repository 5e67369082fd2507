package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/order/trade"
)

// fetched returns the document as a client gets it.
func fetched(t *testing.T, c client) object {
	t.Helper()
	a := c.get("/openapi.json", "")
	var doc object
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s: %v", a.status, a.header.Get("Content-Type"), err)
	}
	return doc
}

// at returns what a document has at a path of keys, with references resolved.
func at(doc object, keys ...string) any {
	var v any = doc
	for _, key := range keys {
		v = resolved(doc, v.(object)[key])
	}
	return v
}

func resolved(doc object, v any) any {
	if o, ok := v.(object); ok {
		if ref, ok := o["$ref"].(string); ok {
			return at(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
	}
	return v
}

// faults appends what is wrong with a value by a schema. It knows the keywords that the document uses.
func faults(doc object, schema, v any, where string) (list []string) {
	s := resolved(doc, schema).(object)
	for keyword := range s {
		if !slices.Contains([]string{"type", "properties", "required", "additionalProperties", "items", "enum", "pattern", "format", "minimum", "maximum", "minLength", "maxLength", "description"}, keyword) {
			list = append(list, where+": the keyword "+keyword+" is not known")
		}
	}
	bad := func(format string, args ...any) { list = append(list, where+": "+fmt.Sprintf(format, args...)) }
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		bad("%v is not one of %v", v, enum)
	}
	switch v := v.(type) {
	case object:
		properties, _ := s["properties"].(object)
		if s["type"] != "object" {
			bad("an object is no %v", s["type"])
		}
		required, _ := s["required"].([]any)
		for _, key := range required {
			if _, ok := v[key.(string)]; !ok {
				bad("%v is missing", key)
			}
		}
		for key, member := range v {
			inner, ok := properties[key]
			switch {
			case ok:
				list = append(list, faults(doc, inner, member, where+"."+key)...)
			case s["additionalProperties"] == false:
				bad("%s is not known", key)
			}
		}
	case []any:
		if s["type"] != "array" {
			bad("an array is no %v", s["type"])
			break
		}
		for i, element := range v {
			list = append(list, faults(doc, s["items"], element, fmt.Sprintf("%s[%d]", where, i))...)
		}
	case string:
		pattern, _ := s["pattern"].(string)
		_, err := time.Parse(time.RFC3339Nano, v)
		if s["type"] != nil && s["type"] != "string" || !regexp.MustCompile(pattern).MatchString(v) || s["format"] == "date-time" && err != nil {
			bad("%q is no %v", v, s)
		}
	case float64:
		least, ok := s["minimum"].(float64)
		if s["type"] != "integer" || v != math.Trunc(v) || ok && v < least {
			bad("%v is no %v", v, s)
		}
	case bool:
		if s["type"] != "boolean" {
			bad("%v is no %v", v, s["type"])
		}
	default:
		bad("%v has no schema", v)
	}
	return list
}

// TestDocumentHasEveryRoute holds the document to the routes: each path and method, with its parameters,
// is in it, and there are no others.
func TestDocumentHasEveryRoute(t *testing.T) {
	s := startLocal(t, nil, nil)
	doc := fetched(t, s.client)
	if doc["openapi"] != "3.1.0" || at(doc, "info", "title") == "" || at(doc, "info", "version") == "" {
		t.Errorf("%v %v", doc["openapi"], doc["info"])
	}
	described, names := 0, make(map[string]bool)
	for _, item := range doc["paths"].(object) {
		described += len(item.(object))
	}
	routes := s.routes()
	if described != len(routes) {
		t.Errorf("%d operations for %d routes", described, len(routes))
	}
	for _, r := range routes {
		operation, ok := at(doc, "paths", r.path, strings.ToLower(r.method)).(object)
		if !ok {
			t.Errorf("%s %s is not described", r.method, r.path)
			continue
		}
		name := operation["operationId"].(string)
		if names[name] || operation["summary"] == "" || at(operation, "responses").(object)["default"] == nil {
			t.Errorf("%s %s is not described enough: %v", r.method, r.path, operation)
		}
		names[name] = true
		parameters, _ := operation["parameters"].([]any)
		for _, name := range inBraces.FindAllStringSubmatch(r.path, -1) {
			if !slices.ContainsFunc(parameters, func(p any) bool { return p.(object)["in"] == "path" && p.(object)["name"] == name[1] }) {
				t.Errorf("%s %s: {%s} is not described", r.method, r.path, name[1])
			}
		}
		// The path is one that is served, by this method and not by another, and needs a token unless the
		// document says that it does not.
		path := inBraces.ReplaceAllStringFunc(r.path, func(name string) string {
			return map[string]string{"{id}": exampleID.String(), "{currency}": "USD", "{command}": "draft"}[name] + strings.Repeat("x", strings.Count(name, "account"))
		})
		if _, open := operation["security"]; open != r.open {
			t.Errorf("%s %s: open %t", r.method, r.path, open)
		}
		if a := s.send(r.method, path, "", ""); (a.status == http.StatusUnauthorized) == r.open || a.status == http.StatusNotFound {
			t.Errorf("%s %s without a token: %d", r.method, path, a.status)
		}
		if a := s.send(http.MethodDelete, path, acme, ""); a.status != http.StatusMethodNotAllowed {
			t.Errorf("DELETE %s: %d", path, a.status)
		}
	}
	// Each parameter of a list is one that a list takes.
	for _, p := range at(doc, "paths", "/orders", "get", "parameters").([]any) {
		name, schema := p.(object)["name"].(string), p.(object)["schema"].(object)
		value := "x"
		switch {
		case schema["enum"] != nil:
			value = schema["enum"].([]any)[0].(string)
		case schema["type"] == "integer":
			value = "0"
		case schema["type"] == "boolean":
			value = "true"
		case schema["format"] == "date-time":
			value = "2026-01-01T00:00:00Z"
		case name == "after":
			continue // it comes from an answer
		}
		if a := s.get("/orders?"+name+"="+value, platform); a.status != http.StatusOK {
			t.Errorf("%s=%s: %d %s", name, value, a.status, a.body)
		}
	}
}

// TestExamplesValidate holds the examples of the document to their schemas.
func TestExamplesValidate(t *testing.T) {
	s := startLocal(t, nil, nil)
	doc := fetched(t, s.client)
	examples := 0
	for path, item := range doc["paths"].(object) {
		for method, operation := range item.(object) {
			for status := range at(operation.(object), "responses").(object) {
				content, _ := at(doc, "paths", path, method, "responses", status).(object)["content"].(object)
				for mediaType, media := range content {
					example, ok := media.(object)["example"]
					if mediaType != "application/json" {
						continue
					}
					examples++
					if !ok {
						t.Errorf("%s %s %s has no example", method, path, status)
						continue
					}
					for _, fault := range faults(doc, media.(object)["schema"], example, method+" "+path) {
						t.Error(fault)
					}
				}
			}
		}
	}
	if examples < 20 {
		t.Errorf("%d examples", examples)
	}
	for name, text := range map[string]string{
		"another type": `{"version":"1","position":2,"repeated":false}`, "a missing key": `{"version":1}`, "another key": `{"version":1,"position":2,"repeated":false,"x":1}`,
		"a negative number": `{"version":-1,"position":2,"repeated":false}`, "an array": `[]`, "a fraction": `{"version":1.5,"position":2,"repeated":false}`,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if len(faults(doc, at(doc, "paths", "/orders/{id}/commands/{command}", "post", "responses", "200", "content", "application/json", "schema"), v, "")) == 0 {
			t.Errorf("%s is valid", name)
		}
	}
}

// TestSchemasAreTheDocumentedStates holds the schemas of the states to the golden files of the library,
// which have every key of a state: each key is in the schema, and the schema has no other.
func TestSchemasAreTheDocumentedStates(t *testing.T) {
	s := startLocal(t, nil, nil)
	doc := fetched(t, s.client)
	for path, name := range map[string]string{
		"/orders/{id}": "order", "/pay-later/{id}": "paylater", "/entrustments/{id}": "entrustment", "/services/{account}": "service",
		"/lines/{account}/{currency}": "line", "/quotas/{account}/{currency}": "line", "/funds/{account}/{currency}": "funds",
	} {
		text, err := os.ReadFile("../../order/desk/testdata/states/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var golden any
		if err := json.Unmarshal(text, &golden); err != nil {
			t.Fatal(err)
		}
		schema := at(doc, "paths", path, "get", "responses", "200", "content", "application/json", "schema")
		for _, fault := range faults(doc, schema, golden, name) {
			t.Error(fault)
		}
		if name != "funds" { // its golden file is of a balance as it comes, without every figure
			for _, fault := range absent(schema.(object), golden, name) {
				t.Error(fault)
			}
		}
	}
}

// absent returns the properties of a schema that a value does not have.
func absent(schema object, v any, where string) (list []string) {
	switch v := v.(type) {
	case object:
		properties, _ := schema["properties"].(object)
		for key, inner := range properties {
			if _, ok := v[key]; !ok {
				list = append(list, where+"."+key+" is in no state")
				continue
			}
			list = append(list, absent(inner.(object), v[key], where+"."+key)...)
		}
	case []any:
		for _, element := range v {
			list = append(list, absent(schema["items"].(object), element, where+"[]")...)
		}
	}
	return list
}

// TestAnswersValidate sends requests to every route, and holds each answer to the schema that the
// document has for it.
func TestAnswersValidate(t *testing.T) {
	s := startLocal(t, nil, func(events.Store) events.Store { return storetest.InMemory().Store })
	doc := fetched(t, s.client)
	seen := make(map[string]bool)
	judge := func(route, method string, a answer) {
		t.Helper()
		operation := at(doc, "paths", route, strings.ToLower(method)).(object)
		status := strconv.Itoa(a.status)
		responses := operation["responses"].(object)
		if _, ok := responses[status]; !ok {
			status = "default"
		}
		seen[method+" "+route+" "+status] = true
		response := resolved(doc, responses[status]).(object)
		content, _ := response["content"].(object)
		if content == nil {
			if a.body != "" {
				t.Errorf("%s %s: %d has %s", method, route, a.status, a.body)
			}
			return
		}
		media, ok := content[strings.Split(a.header.Get("Content-Type"), ";")[0]].(object)
		if !ok {
			t.Errorf("%s %s: %d is %s", method, route, a.status, a.header.Get("Content-Type"))
			return
		}
		headers, _ := response["headers"].(object)
		for name := range headers {
			if a.header.Get(name) == "" && name != "Link" {
				t.Errorf("%s %s: %d has no %s", method, route, a.status, name)
			}
		}
		var v any
		if err := json.Unmarshal([]byte(a.body), &v); err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults(doc, media["schema"], v, fmt.Sprintf("%s %s %d", method, route, a.status)) {
			t.Error(fault)
		}
	}
	order, sale := trade.NewID().String(), trade.NewID().String()
	ask := func(route, path, token, body string) {
		t.Helper()
		judge(route+"/commands/{command}", http.MethodPost, s.ask(path, token, body))
	}
	const certification = `{"route":"console","certification":{"company_name":"Acme","registration_no":"1","legal_representative":"A","registered_address":"Ningbo"}}`
	ask("/orders/{id}", "/orders/"+order+"/commands/draft", acme, `{"mode":"online"}`) // refused
	ask("/services/{account}", "/services/s-acme/commands/activate", acme, certification)
	ask("/services/{account}", "/services/s-acme/commands/suspend", platform, `{"reason":"late"}`)
	ask("/services/{account}", "/services/s-acme/commands/reinstate", platform, `{}`)
	ask("/lines/{account}/{currency}", "/lines/s-acme/USD/commands/assess-limit", platform, `{"limit":"50000.00 USD"}`)
	ask("/lines/{account}/{currency}", "/lines/s-acme/USD/commands/suspend", platform, `{"reason":"late"}`)
	ask("/lines/{account}/{currency}", "/lines/s-acme/USD/commands/resume", platform, `{}`)
	ask("/quotas/{account}/{currency}", "/quotas/s-acme/CNY/commands/open-line", platform, `{"limit":"5000.00 CNY"}`)
	ask("/quotas/{account}/{currency}", "/quotas/s-acme/CNY/commands/assess-limit", platform, `{"limit":"6000.00 CNY"}`)
	ask("/funds/{account}/{currency}", "/funds/s-acme/CNY/commands/bind-card", acme, `{"card":"6222020000000000000","holder":"s-acme"}`)
	ask("/funds/{account}/{currency}", "/funds/s-acme/CNY/commands/bind-card", acme, `{"card":"6222020000000000001","holder":"s-acme"}`)
	ask("/entrustments/{id}", "/entrustments/E-1/commands/draft", acme, `{"title":"lamps"}`)
	ask("/entrustments/{id}", "/entrustments/E-1/commands/submit", acme, `{}`)
	for _, step := range drafting {
		ask("/orders/{id}", "/orders/"+order+"/commands/"+step[0], acme, step[1])
	}
	ask("/orders/{id}", "/orders/"+order+"/commands/submit", acme, `{"onetouch_acknowledged":true}`)
	ask("/orders/{id}", "/orders/"+order+"/commands/confirm", carla, `{"terms":1}`)   // forbidden
	ask("/orders/{id}", "/orders/"+order+"/commands/confirm", bruno, `{"terms":"x"}`) // malformed
	ask("/orders/{id}", "/orders/"+order+"/commands/cancel", "", `{}`)                // without a token
	ask("/pay-later/{id}", "/pay-later/"+sale+"/commands/place", carla, `{"merchant":"s-acme","chose_pay_later":true,"amount":"100.00 CNY"}`)
	ask("/pay-later/{id}", "/pay-later/"+sale+"/commands/ship", acme, `{}`)
	for route, path := range map[string]string{
		"/orders": "/orders", "/orders/{id}/timeline": "/orders/" + order + "/timeline", "/orders/{id}/next": "/orders/" + order + "/next",
		"/orders/{id}": "/orders/" + order, "/pay-later/{id}": "/pay-later/" + sale, "/entrustments/{id}": "/entrustments/E-1",
		"/services/{account}": "/services/s-acme", "/lines/{account}/{currency}": "/lines/s-acme/USD", "/quotas/{account}/{currency}": "/quotas/s-acme/CNY",
		"/funds/{account}/{currency}": "/funds/s-acme/CNY", "/healthz": "/healthz", "/openapi.json": "/openapi.json",
	} {
		a := s.get(path, acme)
		judge(route, http.MethodGet, a)
		if tag := a.header.Get("ETag"); tag != "" {
			judge(route, http.MethodGet, s.send(http.MethodGet, path, acme, "", "If-None-Match", tag))
		}
	}
	judge("/events", http.MethodGet, s.send(http.MethodGet, "/events", acme, "", "Last-Event-ID", "1.1."+strings.Repeat("ab", 16)))
	// The data of an event of a stream has the form of one of a timeline.
	moments := at(doc, "paths", "/orders/{id}/timeline", "get", "responses", "200", "content", "application/json", "schema", "items")
	l := s.listen(platform, "0")
	for range 12 {
		f := l.event()
		_, data, _ := strings.Cut(f.text, "data: ")
		var v any
		if err := json.Unmarshal([]byte(strings.TrimSpace(data)), &v); err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults(doc, moments, v, f.event) {
			t.Error(fault)
		}
	}
	// A service that is stopping, and streams, are not asked here.
	for _, r := range s.routes() {
		for _, x := range r.answers {
			if what := fmt.Sprintf("%s %s %d", r.method, r.path, x.status); !seen[what] && x.status != http.StatusServiceUnavailable && x.mediaType != "text/event-stream" {
				t.Errorf("no answer was %s", what)
			}
		}
	}
}
