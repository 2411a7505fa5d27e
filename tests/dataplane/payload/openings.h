// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/record/application.h"
#include "dataplane/record/flow_key.h"

namespace mimir::test {

/// A literal with the zeros in it.
template <std::size_t Size>
[[nodiscard]] std::string raw(const char (&text)[Size]) {
  return {text, Size - 1};
}

struct Opening {
  Application application;
  std::uint8_t ip_protocol;
  std::string bytes;
};

// What the documents of each protocol give as examples, or captures of public test suites
// begin with.
[[nodiscard]] inline std::vector<Opening> openings() {
  using enum Application;
  constexpr std::uint8_t kTcp = kProtocolTcp;
  constexpr std::uint8_t kUdp = kProtocolUdp;
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string settings = raw("\0\0\0\x04\0\0\0\0\0");
  return {
      {kHttp1, kTcp, "GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n"},
      {kHttp1, kTcp, "HTTP/1.1 204 No Content\r\n\r\n"},
      {kHttp1, kTcp, "CONNECT example.org:443 HTTP/1.1\r\n\r\n"},
      {kHttp2, kTcp, preface + settings},
      {kHttp2, kTcp, raw("\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64")},
      {kHttp2, kTcp, raw("\0\0\x08\x06\0\0\0\0\0abcdefgh")},
      {kGrpc, kTcp,
       preface + settings +
           raw("\0\0\x13\x01\x04\0\0\0\x01\x83\x86\x5f\x8b\x1d\x75\xd0\x62\x0d\x26"
               "\x3d\x4c\x4d\x65\x64\x0f\x0d\x01\x30")},
      {kTls, kTcp, raw("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03") + std::string(100, 'r')},
      {kTls, kTcp, raw("\x17\x03\x03\0\x05hello\x15\x03\x03\0\x1a") + std::string(26, 'x')},
      {kDns, kUdp,
       raw("\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07"
           "example\x03org\0\0\x01\0\x01")},
      {kDns, kTcp,
       raw("\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07"
           "example\x03org\0\0\x01\0\x01")},
      {kMysql, kTcp,
       raw("\x4a\0\0\0\x0a"
           "8.0.32\0\x0b\0\0\0") +
           std::string(62, 'm')},
      {kMysql, kTcp, raw("\x20\0\0\x01\x05\xa6\x0f\0\0\0\0\x01\x21") + std::string(23, '\0')},
      {kMysql, kTcp, raw("\x09\0\0\0\x03select 1")},
      {kPostgresql, kTcp, raw("\0\0\0\x1e\0\x03\0\0user\0shop\0database\0s\0\0")},
      {kPostgresql, kTcp, raw("\0\0\0\x08\x04\xd2\x16\x2f")},
      {kPostgresql, kTcp, raw("Q\0\0\0\x0dselect 1\0")},
      {kPostgresql, kTcp,
       raw("R\0\0\0\x08\0\0\0\0S\0\0\0\x0d"
           "a\0"
           "bcdefg\0Z\0\0\0\x05I")},
      {kMongodb, kTcp,
       raw("\x20\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0") + std::string(11, 'b')},
      {kMongodb, kTcp, raw("\x1d\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0\0\0\0\0db.c\0\0\0\0\0")},
      {kRedis, kTcp, "*2\r\n$3\r\nGET\r\n$4\r\ncart\r\n"},
      {kRedis, kTcp, "+OK\r\n"},
      {kRedis, kTcp, "$5\r\nhello\r\n"},
      {kRedis, kTcp, "-ERR unknown command\r\n"},
      {kAmqp, kTcp, raw("AMQP\0\0\x09\x01")},
      {kAmqp, kTcp, raw("AMQP\x03\x01\0\0")},
      {kAmqp, kTcp, raw("\x01\0\x01\0\0\0\x05\0\x3c\0\x50x\xce")},
      {kKafka, kTcp, raw("\0\0\0\x11\0\x12\0\x03\0\0\0\x07\0\x05shop1\0\0")},
      {kNats, kTcp, "INFO {\"server_id\":\"A\"}\r\n"},
      {kNats, kTcp, "CONNECT {\"verbose\":false}\r\nPING\r\n"},
      {kNats, kTcp, "PUB orders.new 11\r\nhello world\r\n"},
      {kNats, kTcp, "MSG orders.new 9 11\r\nhello world\r\n"},
      {kMemcached, kTcp, "get session:12 session:13\r\n"},
      {kMemcached, kTcp, "set k 0 900 5\r\nhello\r\n"},
      {kMemcached, kTcp, "VALUE k 0 5\r\nhello\r\nEND\r\n"},
      {kMemcached, kTcp, raw("\x80\0\0\x05\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0Hello")},
      {kMemcached, kUdp, raw("\0\x01\0\0\0\x01\0\0stats\r\n")},
      {kSsh, kTcp, "SSH-2.0-OpenSSH_9.2\r\n"},
      {kSmb, kTcp, raw("\0\0\0\x2f\xffSMBr\0\0\0\0") + std::string(39, '\0')},
      {kSmb, kTcp, raw("\0\0\0\x44\xfeSMB\x40\0") + std::string(62, '\0')},
      {kRdp, kTcp, raw("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0")},
      {kRdp, kTcp, raw("\x03\0\0\x1b\x16\xe0\0\0\0\0\0Cookie: mstsh=a\r\n").substr(0, 27)},
      {kLdap, kTcp, raw("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0")},
      {kLdap, kTcp, raw("\x30\x84\0\0\0\x10\x02\x01\x02\x61\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0")},
      {kThrift, kTcp, raw("\x80\x01\0\x01\0\0\0\x07getUser\0\0\0\x01\0")},
      {kThrift, kTcp, raw("\0\0\0\x14\x80\x01\0\x01\0\0\0\x07getUser\0\0\0\x01\0")},
      {kThrift, kTcp, raw("\0\0\0\x0b\x82\x21\x01\x07getUser\0")},
      {kQuic, kUdp,
       raw("\xc3\0\0\0\x01\x08"
           "12345678\0\0") +
           std::string(1180, 'q')},
      {kQuic, kUdp,
       raw("\xd3\x6b\x33\x43\xcf\x08"
           "12345678\0\0") +
           std::string(1180, 'q')},
      {kIrc, kTcp, "NICK mallory\r\nUSER a b c :d\r\n"},
      {kIrc, kTcp, ":irc.example.org 001 mallory :Welcome\r\n"},
      {kSmtp, kTcp, "220 mail.example.org ESMTP Postfix\r\n"},
      {kSmtp, kTcp, "EHLO shop.example.org\r\n"},
  };
}

}  // namespace mimir::test
