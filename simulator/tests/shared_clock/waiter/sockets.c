/* Sockets with timeouts, and what the kernel holds back on TCP. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "waiter.h"

#define ROUNDS 20

static void do_timeouts(void) {
    int pair[2];
    require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    struct timeval time = {30, 0}, got;
    socklen_t octets = sizeof got;
    require(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0, "setsockopt");
    require(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &got, &octets) == 0, "getsockopt");
    report("asked for", got.tv_sec);
    char octet;
    report("recv", recv(pair[0], &octet, 1, 0));
    report("read", read(dup(pair[0]), &octet, 1));
    report("recv at once", recv(pair[0], &octet, 1, MSG_DONTWAIT));
    if (fork() == 0) {
        sleep(10);
        require(write(pair[1], "x", 1) == 1, "write");
        _exit(0);
    }
    report("recv", recv(pair[0], &octet, 1, 0));
    wait(NULL);
    require(setsockopt(pair[1], SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0, "setsockopt");
    char block[65536];
    memset(block, 0, sizeof block);
    while (send(pair[1], block, sizeof block, MSG_DONTWAIT) > 0) {
    }
    report("send", send(pair[1], block, 1, 0));
}

static struct sockaddr_in loopback(int listener) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t octets = sizeof address;
    if (listener >= 0) require(getsockname(listener, (struct sockaddr*)&address, &octets) == 0, "getsockname");
    return address;
}

static int listening(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = loopback(-1);
    require(bind(listener, (struct sockaddr*)&address, sizeof address) == 0, "bind");
    require(listen(listener, 5) == 0, "listen");
    return listener;
}

static int within(int socket, int ms) {
    struct pollfd wanted = {socket, POLLIN, 0};
    return poll(&wanted, 1, ms);
}

/* Two small writes, of which Nagle's algorithm keeps the second until the first is acknowledged, which the other side
 * delays by 40 ms of the kernel's time. Both sides give up after a virtual second. */
static void do_nagle(void) {
    int listener = listening();
    struct sockaddr_in address = loopback(listener);
    fflush(stdout);
    if (fork() == 0) {
        int timeouts = 0;
        char octets[2];
        int server = accept(listener, NULL, NULL);
        for (int round = 0; round < ROUNDS; ++round) {
            for (int got = 0; got < 2;) {
                if (within(server, 1000) != 1) ++timeouts;
                ssize_t count = read(server, octets, sizeof octets);
                require(count > 0, "read");
                got += (int)count;
            }
            require(write(server, "x", 1) == 1, "write");
        }
        exit(timeouts);
    }
    int client = socket(AF_INET, SOCK_STREAM, 0), timeouts = 0, status;
    require(connect(client, (struct sockaddr*)&address, sizeof address) == 0, "connect");
    for (int round = 0; round < ROUNDS; ++round) {
        char octet;
        require(write(client, "a", 1) == 1 && write(client, "b", 1) == 1, "write");
        if (within(client, 1000) != 1) ++timeouts;
        require(read(client, &octet, 1) == 1, "read");
    }
    report("client's timeouts", timeouts);
    require(wait(&status) > 0, "wait");
    report("server's timeouts", WEXITSTATUS(status));
}

/* The peer does not read: what is queued in the kernel holds nobody up. */
static void do_closed_window(void) {
    int listener = listening();
    struct sockaddr_in address = loopback(listener);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    require(connect(client, (struct sockaddr*)&address, sizeof address) == 0, "connect");
    int server = accept(listener, NULL, NULL);
    static char block[1 << 20];
    while (send(client, block, sizeof block, MSG_DONTWAIT) > 0) {
    }
    report("sleep", sleep(3600));
    struct pollfd wanted = {client, POLLOUT, 0};
    report("poll", poll(&wanted, 1, 3600 * 1000));
    close(server);
}

/* As a resolver that has asked a name server elsewhere; nothing is sent. */
static void do_outside(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
    inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    if (connect(server, (struct sockaddr*)&address, sizeof address) != 0) {
        report("no route", 0);
        return;
    }
    report("poll", within(server, 5000));
}

const struct part socket_waits[] = {
    {"timeouts", do_timeouts}, {"nagle", do_nagle}, {"closed-window", do_closed_window}, {"outside", do_outside},
    {NULL, NULL}};
