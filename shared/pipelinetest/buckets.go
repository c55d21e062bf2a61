package pipelinetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"proactive/shared/handoff"
	"proactive/shared/scrub"
)

var (
	_ scrub.Inbox      = (*Bucket)(nil)
	_ scrub.Clean      = (*Bucket)(nil)
	_ scrub.Quarantine = (*Bucket)(nil)
	_ scrub.Next       = (*StoredQueue)(nil)
)

// Bucket is a versioned bucket in memory.
type Bucket struct {
	Faults
	t       testing.TB
	name    string
	from    *Bucket          // where Copy reads
	Now     func() time.Time // by which a version is dated; nil dates none
	mu      sync.Mutex
	objects map[string][][]byte // by key, versions oldest first; the version id is the index, nil one that was removed
	written map[string][]time.Time
	folders map[string][]string // keys
}

// NewBucket is an empty bucket; from is where its Copy reads, nil if it has none.
func NewBucket(t testing.TB, name string, from *Bucket) *Bucket {
	return &Bucket{t: t, name: name, from: from, objects: map[string][][]byte{}, written: map[string][]time.Time{}, folders: map[string][]string{}}
}

// Upload writes a new version of key, as an instrument's PUT or a stranger would.
func (b *Bucket) Upload(key string, body []byte) scrub.Object {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.objects[key]) == 0 {
		b.folders[path.Dir(key)] = append(b.folders[path.Dir(key)], key)
	}
	b.objects[key] = append(b.objects[key], bytes.Clone(body))
	var at time.Time
	if b.Now != nil {
		at = b.Now()
	}
	b.written[key] = append(b.written[key], at)
	return scrub.Object{Bucket: b.name, Key: key, Version: strconv.Itoa(len(b.objects[key]) - 1)}
}

// Versions are the versions at key, oldest first.
func (b *Bucket) Versions(key string) [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.objects[key]), func(body []byte) bool { return body == nil })
}

// Get implements scrub.Inbox. It fails the test when it is asked for another bucket or
// without a version.
func (b *Bucket) Get(_ context.Context, o scrub.Object, limit int64) (body []byte, err error) {
	err = b.meet("Get", func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if o.Bucket != b.name || o.Version == "" {
			b.t.Errorf("asked bucket %s for %+v", b.name, o)
		}
		n, err := strconv.Atoi(o.Version)
		if err != nil || n >= len(b.objects[o.Key]) || b.objects[o.Key][n] == nil {
			return errGone
		}
		if body = bytes.Clone(b.objects[o.Key][n]); int64(len(body)) > limit {
			return fmt.Errorf("longer than %d bytes", limit)
		}
		return nil
	})
	return body, err
}

// Remove implements scrub.Inbox. It fails the test when it is asked for another bucket or
// without a version.
func (b *Bucket) Remove(_ context.Context, o scrub.Object) error {
	return b.meet("Remove", func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		n, err := strconv.Atoi(o.Version)
		if o.Bucket != b.name || err != nil {
			b.t.Errorf("asked bucket %s to remove %+v", b.name, o)
		}
		if n < len(b.objects[o.Key]) {
			b.objects[o.Key][n] = nil
		}
		return nil
	})
}

// errGone is what is read of a version that is not there.
var errGone = errors.New("no such version")

// Put implements scrub.Clean.
func (b *Bucket) Put(_ context.Context, key string, body []byte) (at scrub.Object, err error) {
	err = b.meet("Put", func() error {
		b.mu.Lock()
		versions := b.objects[key]
		last := len(versions) - 1
		same := last >= 0 && bytes.Equal(versions[last], body)
		b.mu.Unlock()
		if same {
			at = scrub.Object{Bucket: b.name, Key: key, Version: strconv.Itoa(last)}
			return nil
		}
		at = b.Upload(key, body)
		return nil
	})
	return at, err
}

// Copy implements scrub.Quarantine.
func (b *Bucket) Copy(ctx context.Context, from scrub.Object, key string) error {
	return b.meet("Copy", func() error {
		body, err := b.from.Get(ctx, from, 1<<40)
		if err != nil {
			return err
		}
		if v := b.Versions(key); len(v) == 0 || !bytes.Equal(v[len(v)-1], body) {
			b.Upload(key, body)
		}
		return nil
	})
}

// StoredQueue is the queue to score in memory.
type StoredQueue struct {
	Faults
	mu       sync.Mutex
	messages []handoff.Stored
}

// Send implements scrub.Next.
func (q *StoredQueue) Send(_ context.Context, s handoff.Stored) error {
	return q.meet("Send", func() error {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.messages = append(q.messages, s)
		return nil
	})
}

// Messages are what was sent, in order.
func (q *StoredQueue) Messages() []handoff.Stored {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]handoff.Stored(nil), q.messages...)
}
