// Sends one message with Go's net/smtp, step by step: its SendMail cannot be given a name for EHLO or an authority to trust. It has no
// timeouts of its own: ten minutes is what RFC 5321 asks for at most.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"strings"
	"time"
)

const (
	delivered = 0
	failed    = 69
	deferred  = 75
	patience  = 10 * time.Minute
)

// Connection gives each read and write as much time.
type Connection struct{ net.Conn }

func (c Connection) Read(octets []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(patience))
	return c.Conn.Read(octets)
}

func (c Connection) Write(octets []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(patience))
	return c.Conn.Write(octets)
}

func isForGood(err error) bool {
	var reply *textproto.Error
	return errors.As(err, &reply) && reply.Code >= 500 && reply.Code < 600
}

func believes(recipient string, err error) {
	belief, words := "delivered", ""
	if err != nil {
		belief, words = "deferred", strings.ReplaceAll(err.Error(), "\n", " ")
		if isForGood(err) {
			belief = "failed"
		}
	}
	results, open := os.OpenFile(os.Getenv("FAKEMX_RESULTS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if open != nil {
		panic(open)
	}
	defer results.Close()
	fmt.Fprintf(results, "%s\t%s\t%s\t%s\n", os.Getenv("FAKEMX_MESSAGE"), recipient, belief, words)
}

func transfer(client *smtp.Client, message []byte) error {
	data, err := client.Data()
	if err != nil {
		return err
	}
	if _, err = data.Write(message); err != nil {
		return err
	}
	return data.Close()
}

func send(client *smtp.Client, message []byte) error {
	if err := client.Hello("mta.example.test"); err != nil {
		return err
	}
	if offered, _ := client.Extension("STARTTLS"); offered {
		authority, err := os.ReadFile(os.Getenv("FAKEMX_CA"))
		if err != nil {
			return err
		}
		trusted := x509.NewCertPool()
		trusted.AppendCertsFromPEM(authority)
		if err = client.StartTLS(&tls.Config{ServerName: os.Getenv("FAKEMX_HOST"), RootCAs: trusted}); err != nil {
			return err
		}
	}
	if err := client.Mail(os.Getenv("FAKEMX_FROM")); err != nil {
		return err
	}
	var accepted []string
	for _, recipient := range strings.Fields(os.Getenv("FAKEMX_TO")) {
		if err := client.Rcpt(recipient); err != nil {
			believes(recipient, err)
		} else {
			accepted = append(accepted, recipient)
		}
	}
	if len(accepted) == 0 {
		return nil
	}
	err := transfer(client, message)
	for _, recipient := range accepted {
		believes(recipient, err)
	}
	return err
}

func statusOf(err error) int {
	fmt.Fprintln(os.Stderr, err)
	if isForGood(err) {
		return failed
	}
	return deferred
}

func run() int {
	message, err := os.ReadFile(os.Getenv("FAKEMX_MESSAGE"))
	if err != nil {
		return statusOf(err)
	}
	connection, err := net.Dial("tcp", os.Getenv("FAKEMX_IP")+":"+os.Getenv("FAKEMX_PORT"))
	if err != nil {
		return statusOf(err)
	}
	client, err := smtp.NewClient(Connection{connection}, os.Getenv("FAKEMX_HOST"))
	if err != nil {
		return statusOf(err)
	}
	defer client.Close()
	err = send(client, message)
	client.Quit()
	if err != nil {
		return statusOf(err)
	}
	return delivered
}

func main() { os.Exit(run()) }
