#!/bin/sh
# Makes the certificates that the tests of TLS use, which are good for nothing else: an authority,
# a server on this machine and a client that it signed, and a client that nobody signed.
set -e
cd "$(dirname "$0")"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
signed() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" |
    openssl x509 -req -CA authority.pem -CAkey authority.key -set_serial "$2" -days 36500 \
      -extfile "$3" -out "$1.pem"
}
names=$(mktemp)
echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' > "$names"
for name in authority stranger; do
  key $name
  openssl req -x509 -new -key $name.key -subj "/CN=kvd test $name" -days 36500 -out $name.pem
done
signed server 1 "$names"
signed client 2 "$names"
rm "$names" authority.key
