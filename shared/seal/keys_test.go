package seal

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// testKeys are three RSA keys of the least size that a header allows, made once.
var testKeys = sync.OnceValue(func() [3]*rsa.PrivateKey {
	var all [3]*rsa.PrivateKey
	for i := range all {
		var err error
		if all[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err)
		}
	}
	return all
})
