package main

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
)

// etag returns the entity tag of a version.
func etag(v events.Version) string { return `"` + strconv.FormatUint(uint64(v), 10) + `"` }

// tags is an If-Match or an If-None-Match as in RFC 9110, section 13.1: a list of entity tags, or any.
type tags struct {
	given bool
	any   bool // *
	list  []string
}

// tagsOf reads a header.
func tagsOf(h http.Header, name string) (tags, error) {
	values := h.Values(name)
	t := tags{given: len(values) > 0}
	text := strings.Join(values, ",")
	if strings.Trim(text, " \t") == "*" {
		t.any = true
		return t, nil
	}
	for rest := strings.TrimLeft(text, " \t,"); rest != ""; {
		weak, tag := "", rest
		if after, ok := strings.CutPrefix(rest, "W/"); ok {
			weak, tag = "W/", after
		}
		end := -1
		if strings.HasPrefix(tag, `"`) {
			end = strings.IndexByte(tag[1:], '"') + 1
		}
		if end <= 0 || strings.ContainsFunc(tag[1:end], func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return t, malformed(name, `must be entity tags in quotes, such as "7", with commas between them, or *`)
		}
		t.list = append(t.list, weak+tag[:end+1])
		rest = strings.TrimLeft(tag[end+1:], " \t")
		if rest != "" && rest[0] != ',' {
			return t, malformed(name, `must be entity tags in quotes, such as "7", with commas between them, or *`)
		}
		rest = strings.TrimLeft(rest, " \t,")
	}
	if t.given && len(t.list) == 0 {
		return t, malformed(name, "must not be empty")
	}
	return t, nil
}

// strong reports whether an If-Match is met at a version, 0 being nothing: weak tags never match.
func (t tags) strong(v events.Version) bool {
	return v > 0 && (t.any || slices.Contains(t.list, etag(v)))
}

// weak reports whether a tag of an If-None-Match is that of a version, as a weak or a strong one.
func (t tags) weak(v events.Version) bool {
	return v > 0 && (t.any || slices.Contains(t.list, etag(v)) || slices.Contains(t.list, "W/"+etag(v)))
}

// preconditions are those of a request.
type preconditions struct{ match, noneMatch tags }

func preconditionsOf(h http.Header) (p preconditions, err error) {
	if p.match, err = tagsOf(h, "If-Match"); err == nil {
		p.noneMatch, err = tagsOf(h, "If-None-Match")
	}
	return p, err
}

// met reports whether a command is to be executed at a version.
func (p preconditions) met(v events.Version) bool {
	return (!p.match.given || p.match.strong(v)) && (!p.noneMatch.given || !p.noneMatch.weak(v))
}

// do executes a command under preconditions. The desk checks one version in the commit of the command,
// and the key of the command before it: so the command is issued at a version that cannot be, and
// the answer is the first result of a retry, a refusal of the actor, or the version that is. If that one
// meets the preconditions the command is issued at it, and again if another command came first. Of
// what does not exist there is no version to check: the commands that create something are refused
// by its phase if another one came first.
func (s *service) do(ctx context.Context, c desk.Command, p preconditions) (desk.Result, error) {
	if !p.match.given && !p.noneMatch.given {
		return s.desk.Do(ctx, c)
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.command)
	defer cancel()
	for c.Expect = math.MaxInt64; ; {
		result, err := s.desk.Do(ctx, c)
		expect, moved := errors.AsType[*desk.ExpectError](err)
		if !moved || !p.met(expect.Head) {
			return result, err
		}
		c.Expect = expect.Head
	}
}
