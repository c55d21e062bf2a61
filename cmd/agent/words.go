package main

import (
	"fmt"
	"net/url"
	"time"
)

// count says how many, in words that agree.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// size says how many bytes, for a person.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000*1000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// moment says when, for a person: in this computer's zone, with the zone.
func moment(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.Local().Format("2006-01-02 15:04 MST")
}

// stamp says when, for a program; nil if unknown.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func host(api string) string {
	u, err := url.Parse(api)
	if err != nil {
		return api
	}
	return u.Host
}
