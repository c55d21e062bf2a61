package validate

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Arrival is one version of one object that S3 says was created. Version is empty if the
// event names none: S3 names it for a versioned bucket, the emulator does not.
type Arrival struct {
	Bucket, Key, Version string
}

// notice is what EventBridge delivers of an S3 event (S3 user guide, "EventBridge event
// message structure"). Unlike in a notification to a queue, the key is not URL-encoded.
type notice struct {
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
	Detail     struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key     string `json:"key"`
			Version string `json:"version-id"`
		} `json:"object"`
	} `json:"detail"`
}

// ParseArrival reads an "Object Created" event of EventBridge, as it stands in the body
// of a queue message. Unknown members are passed over: AWS adds some from time to time.
func ParseArrival(body []byte) (Arrival, error) {
	var n notice
	if err := json.Unmarshal(body, &n); err != nil {
		return Arrival{}, fmt.Errorf("decoding an event: %w", err)
	}
	a := Arrival{Bucket: n.Detail.Bucket.Name, Key: n.Detail.Object.Key, Version: n.Detail.Object.Version}
	switch {
	case n.Source != "aws.s3" || n.DetailType != "Object Created":
		return Arrival{}, errors.New("the event is not of an object that was created")
	case a.Bucket == "" || a.Key == "":
		return Arrival{}, errors.New("the event names no object")
	}
	return a, nil
}
