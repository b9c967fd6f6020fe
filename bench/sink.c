/*
 * A store for benchmarks: answers like S3 on 127.0.0.1, and like Azure Blob to whoever speaks that, and throws the bytes
 * away inside the kernel, so that it is never what is measured. It checks nothing and keeps nothing. One thread, epoll;
 * prints its port and ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES = 32768, OUT_BYTES = 16384, GULP = 1 << 23 };

struct connection {
  int fd, head_bytes, in_body, is_azure;
  long long body_left;
  size_t out_bytes, out_sent;
  char method[8], path[2048], checksums[1024], whole_crc[64];
  char head[HEAD_BYTES + 1], out[OUT_BYTES];
};

static int poller;
static char drain[1 << 16];

static void say(struct connection *c, const char *status, const char *headers, const char *body) {
  size_t room = OUT_BYTES - c->out_bytes;
  int bytes = snprintf(c->out + c->out_bytes, room,
      "HTTP/1.1 %s\r\nx-amz-request-id: SINK\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers, strlen(body),
      strcmp(c->method, "HEAD") == 0 ? "" : body);
  if (bytes > 0 && (size_t)bytes < room) c->out_bytes += bytes;
}

static void answer(struct connection *c) {
  char text[2048];
  const char *query = strchr(c->path, '?') ? strchr(c->path, '?') : "";
  int is_get = !strcmp(c->method, "GET");
  if (c->is_azure && !strcmp(c->method, "PUT")) {
    say(c, "201 Created", "ETag: \"0x8DC0123456789AB\"\r\nLast-Modified: Thu, 01 Oct 2026 00:00:00 GMT\r\nx-ms-request-id: SINK\r\n", "");
  } else if (!strcmp(c->method, "PUT")) {
    snprintf(text, sizeof text, "ETag: \"0123456789abcdef0123456789abcdef\"\r\n%s", c->checksums);
    say(c, "200 OK", text, "");
  } else if (!strcmp(c->method, "POST") && strstr(query, "uploads")) {
    say(c, "200 OK", "Content-Type: application/xml\r\nx-amz-checksum-algorithm: CRC32\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
        "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>sink-upload</UploadId></InitiateMultipartUploadResult>");
  } else if (!strcmp(c->method, "POST")) {
    char crc[160] = "";
    if (c->whole_crc[0])
      snprintf(crc, sizeof crc, "<ChecksumCRC32>%s</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>", c->whole_crc);
    snprintf(text, sizeof text,
        "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag>\"0123456789abcdef0123456789abcdef-1\"</ETag>%s</CompleteMultipartUploadResult>", crc);
    say(c, "200 OK", "Content-Type: application/xml\r\n", text);
  } else if (is_get && strstr(query, "uploads")) {
    say(c, "200 OK", "Content-Type: application/xml\r\n",
        "<ListMultipartUploadsResult><Bucket>b</Bucket><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
  } else if (is_get && query[0]) {
    say(c, "200 OK", "Content-Type: application/xml\r\n",
        "<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>");
  } else if (is_get || !strcmp(c->method, "HEAD")) {
    say(c, "404 Not Found", "Content-Type: application/xml\r\n", "<Error><Code>NoSuchKey</Code></Error>");
  } else {
    say(c, "204 No Content", "", "");
  }
}

static void read_headers(struct connection *c, char *head) {
  c->body_left = c->is_azure = 0;
  c->checksums[0] = c->whole_crc[0] = 0;
  sscanf(head, "%7s %2047s", c->method, c->path);
  for (char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (!strncasecmp(line, "content-length:", 15)) c->body_left = atoll(line + 15);
    else if (!strncasecmp(line, "x-ms-version:", 13)) c->is_azure = 1;
    else if (!strncasecmp(line, "expect:", 7)) {
      memcpy(c->out + c->out_bytes, "HTTP/1.1 100 Continue\r\n\r\n", 25);
      c->out_bytes += 25;
    } else if (!strncasecmp(line, "x-amz-checksum-", 15)) {
      size_t bytes = strcspn(line, "\r"), used = strlen(c->checksums);
      if (used + bytes + 3 < sizeof c->checksums) sprintf(c->checksums + used, "%.*s\r\n", (int)bytes, line);
      if (!strncasecmp(line, "x-amz-checksum-crc32:", 21)) sscanf(line + 21, " %63s", c->whole_crc), c->whole_crc[strcspn(c->whole_crc, "\r")] = 0;
    }
  }
  c->in_body = 1;
}

/* Takes complete heads out of the buffer, with as much of their bodies as lies behind them. */
static int take(struct connection *c) {
  for (;;) {
    if (c->in_body) {
      int part = c->body_left < c->head_bytes ? (int)c->body_left : c->head_bytes;
      c->body_left -= part;
      c->head_bytes -= part;
      memmove(c->head, c->head + part, c->head_bytes);
      if (c->body_left > 0) return 0;
      c->in_body = 0;
      answer(c);
      continue;
    }
    c->head[c->head_bytes] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (end == NULL) return c->head_bytes == HEAD_BYTES ? -1 : 0;
    end[2] = 0;
    read_headers(c, c->head);
    int used = (int)(end + 4 - c->head);
    c->head_bytes -= used;
    memmove(c->head, end + 4, c->head_bytes);
  }
}

static int flush_out(struct connection *c) {
  while (c->out_sent < c->out_bytes) {
    ssize_t bytes = send(c->fd, c->out + c->out_sent, c->out_bytes - c->out_sent, MSG_NOSIGNAL);
    if (bytes <= 0) return errno == EAGAIN ? 0 : -1;
    c->out_sent += bytes;
  }
  c->out_sent = c->out_bytes = 0;
  return 0;
}

static int serve(struct connection *c) {
  for (;;) {
    ssize_t bytes;
    if (c->in_body && c->head_bytes == 0) {
      long long want = c->body_left < GULP ? c->body_left : GULP;
      /* MSG_TRUNC drops the bytes without copying them to anybody. */
      bytes = recv(c->fd, drain, (size_t)want, MSG_TRUNC);
      if (bytes > 0) c->body_left -= bytes;
      if (bytes > 0 && c->body_left == 0) {
        c->in_body = 0;
        answer(c);
      }
    } else {
      bytes = recv(c->fd, c->head + c->head_bytes, HEAD_BYTES - c->head_bytes, 0);
      if (bytes > 0) {
        c->head_bytes += bytes;
        if (take(c) < 0) return -1;
      }
    }
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN)) return -1;
    if (flush_out(c) < 0) return -1;
    if (bytes < 0) return 0;
  }
}

static void greet(int listener) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    struct connection *c = calloc(1, sizeof *c);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->fd = fd;
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  }
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), ends, input;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (void *)&address, size) || listen(listener, 1024) || getsockname(listener, (void *)&address, &size)) return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  poller = epoll_create1(0);
  struct epoll_event on_listener = {.events = EPOLLIN, .data.ptr = &ends}, on_input = {.events = EPOLLIN, .data.ptr = &input};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &on_listener);
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &on_input);
  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < count; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].data.ptr == &ends) greet(listener);
      else if (events[i].data.ptr == &input) return 0;
      else if (serve(c) < 0) {
        close(c->fd);
        free(c);
      }
    }
  }
}
