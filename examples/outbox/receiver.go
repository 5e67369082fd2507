package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// The bounds of the pause between two attempts: by default, and at the request of a receiver.
const (
	maxPause = 30 * time.Second
	maxAsked = time.Hour
)

// receiver sends events over HTTP in the structured mode of CloudEvents.
type receiver struct {
	url, name string
	client    *http.Client
	first     time.Duration // the pause after the first failure
	log       *slog.Logger
}

// refusedError reports that the receiver refuses an event, so that a retry is useless.
type refusedError struct{ receiver, status string }

func (e *refusedError) Error() string {
	return fmt.Sprintf("%s refuses it: %s", e.receiver, e.status)
}

// send returns nil once the event is acknowledged, a *refusedError, or the error of ctx.
func (r *receiver) send(ctx context.Context, event []byte) error {
	for pause := r.first; ; pause = min(2*pause, maxPause) {
		asked, err := r.post(ctx, event)
		if err == nil {
			return nil
		}
		if _, refused := errors.AsType[*refusedError](err); refused {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// A random part keeps many senders from retrying at the same time.
		wait := max(pause/2+rand.N(pause/2+1), min(asked, maxAsked))
		r.log.WarnContext(ctx, "not acknowledged", "again in", wait, "error", err)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// post makes one attempt. If it fails, it returns how long the receiver asks to wait.
func (r *receiver) post(ctx context.Context, event []byte) (asked time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(event))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	// A body that is read to its end frees the connection for the next event; a longer one is not read.
	const most = 64 << 10
	_, _ = io.CopyN(io.Discard, resp.Body, most)
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300:
		return 0, nil
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return retryAfter(resp.Header.Get("Retry-After"), time.Now()), errors.New(r.name + " answers " + resp.Status)
	default:
		return 0, &refusedError{r.name, resp.Status}
	}
}

// retryAfter parses the header: a number of seconds or an instant.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return at.Sub(now)
	}
	return 0
}
