// SPDX-License-Identifier: Apache-2.0
#include "dataplane/payload/application_table.h"

#include <array>

#include "dataplane/record/flow_key.h"

namespace mimir::payload {

namespace {

using enum Application;
using S = Structure;

constexpr std::uint8_t kTcp = kProtocolTcp;
constexpr std::uint8_t kUdp = kProtocolUdp;

// DNS is not among them: it has no constant bytes, and is told by reading it.
constexpr std::array kPatterns{
    // RFC 9113 §3.4, §6.2: an `application/grpc` content type, as text or in the Huffman
    // code of RFC 7541, behind a preface or frames.
    ApplicationPattern{kGrpc, kTcp, S::kHttp2Frames,
                       R"(application/grpc|\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64)"},
    ApplicationPattern{kHttp2, kTcp, S::kAny, R"(^PRI \* HTTP/2\.0\r\n\r\nSM\r\n)"},
    ApplicationPattern{kHttp2, kTcp, S::kHttp2Frames,
                       R"(^\x00[\x00-\x40].[\x00-\x09].[\x00-\x7f])"},
    // RFC 9112 §3, §4.
    ApplicationPattern{kHttp1, kTcp, S::kAny,
                       R"(^(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE|PROPFIND|REPORT|)"
                       R"(MKCOL|SUBSCRIBE|NOTIFY) )"
                       R"((?:/|\*|https?://))"},
    ApplicationPattern{kHttp1, kTcp, S::kAny, R"(^CONNECT [!-~]+:[0-9]+ HTTP/1\.)"},
    ApplicationPattern{kHttp1, kTcp, S::kAny, R"(^HTTP/1\.[01] [1-5][0-9][0-9])"},
    // RFC 4253 §4.2.
    ApplicationPattern{kSsh, kTcp, S::kAny, R"(^SSH-[12]\.[0-9]+-)"},
    // RFC 8446 §5.1: a handshake; data, an alert or a change of cipher of one under way.
    ApplicationPattern{kTls, kTcp, S::kTlsRecord,
                       R"(^\x16\x03[\x00-\x04]..[\x01\x02\x0b\x0c\x0e\x10])"},
    ApplicationPattern{kTls, kTcp, S::kTlsRecord, R"(^[\x14\x15\x17]\x03[\x01-\x04])"},
    // MS-SMB2 §2.1 and §2.2.1, over NetBIOS sessions (RFC 1002 §4.3.1).
    ApplicationPattern{kSmb, kTcp, S::kAny, R"(^\x00[\x00\x01]..[\xfd-\xff]SMB)"},
    // AMQP 0-9-1 §4.2.2, AMQP 1.0 §2.2; then frames, §4.2.3.
    ApplicationPattern{kAmqp, kTcp, S::kAny, R"(^AMQP[\x00-\x03][\x00\x01][\x00\x09][\x00\x01])"},
    ApplicationPattern{kAmqp, kTcp, S::kAmqpFrames, R"(^[\x01-\x03\x08]..\x00)"},
    // "Client/Server Protocol" of MySQL: greeting, login, command.
    ApplicationPattern{kMysql, kTcp, S::kMysqlPacket, R"(^..\x00\x00\x0a[0-9]+\.[0-9]+\.)"},
    ApplicationPattern{kMysql, kTcp, S::kMysqlLogin, R"(^..\x00\x01)"},
    ApplicationPattern{kMysql, kTcp, S::kMysqlPacket,
                       R"(^...\x00[\x03\x16](?i:select|insert|update|delete|replace|show|set |)"
                       R"(begin|commit|rollback|create|drop|alter|use |start ))"},
    // PostgreSQL 15, §55.7: start-up, request for TLS, then typed messages.
    ApplicationPattern{kPostgresql, kTcp, S::kAny, R"(^\x00\x00..\x00\x03\x00\x00[a-z_])"},
    ApplicationPattern{kPostgresql, kTcp, S::kAny,
                       R"(^\x00\x00\x00[\x08\x10]\x04\xd2\x16[\x2e-\x30])"},
    ApplicationPattern{kPostgresql, kTcp, S::kPostgresqlMessages,
                       R"(^[QPBDECSHXpRTKZNA12nstI]\x00)"},
    // "MongoDB Wire Protocol": a length below 16 MB, two numbers, an opcode.
    ApplicationPattern{kMongodb, kTcp, S::kMongodbMessage, R"(^...\x00)"},
    // "NATS Client Protocol".
    ApplicationPattern{kNats, kTcp, S::kAny, R"(^(?:INFO|CONNECT) \{")"},
    ApplicationPattern{kNats, kTcp, S::kAny, R"(^(?:H?PUB|H?MSG) [!-~]+ (?:[!-~]+ )*[0-9]+\r\n)"},
    ApplicationPattern{kNats, kTcp, S::kAny, R"(^SUB [!-~]+ (?:[!-~]+ )?[0-9A-Za-z]+\r\n)"},
    // "Redis serialization protocol specification".
    ApplicationPattern{kRedis, kTcp, S::kAny, R"(^\*[0-9]+\r\n[$*:+_#%])"},
    ApplicationPattern{kRedis, kTcp, S::kAny,
                       R"(^(?:\+(?:OK|PONG|QUEUED|CONTINUE)|-(?:ERR|WRONGTYPE|NOAUTH|MOVED|ASK|)"
                       R"(LOADING|READONLY|WRONGPASS)[^\r]*|:-?[0-9]+|\$(?:-1|[0-9]+)|)"
                       R"(\*(?:-1|0)|%[0-9]+)\r\n)"},
    // memcached, doc/protocol.txt and doc/protocol-binary.txt.
    ApplicationPattern{kMemcached, kTcp, S::kAny,
                       R"(^(?:gets?|gats?|delete|incr|decr|touch|mg|md) [!-~]+(?: [!-~]+)*\r\n)"},
    ApplicationPattern{kMemcached, kTcp, S::kAny,
                       R"(^(?:set|add|replace|append|prepend|cas) [!-~]+ [0-9]+ -?[0-9]+ [0-9]+)"
                       R"((?: [0-9]+)?(?: noreply)?\r\n)"},
    ApplicationPattern{kMemcached, kTcp, S::kAny,
                       R"(^(?:VALUE [!-~]+ [0-9]+ [0-9]+|STAT [!-~]+ |(?:STORED|NOT_STORED|)"
                       R"(DELETED|NOT_FOUND|TOUCHED|END|version|stats|flush_all)\r\n))"},
    ApplicationPattern{kMemcached, kUdp, S::kAny,
                       R"(^.{4}\x00[\x01-\x10]\x00\x00(?:gets? |stats\r\n|VALUE |STAT |END\r\n))"},
    ApplicationPattern{kMemcached, kTcp, S::kMemcachedBinary, R"(^[\x80\x81][\x00-\x48]...\x00)"},
    // MS-RDPBCGR §2.2.1.1, X.224 in TPKT (RFC 1006 §6).
    ApplicationPattern{kRdp, kTcp, S::kRdpConnection,
                       R"(^\x03\x00..[\x06-\xff][\xe0\xd0]\x00\x00)"},
    // RFC 4511 §4.1.1.
    ApplicationPattern{kLdap, kTcp, S::kLdapMessage, R"(^\x30)"},
    // Thrift: the strict binary protocol, framed or not, and the compact one, framed.
    ApplicationPattern{kThrift, kTcp, S::kThriftMessage,
                       R"(^(?:\x00...)?(?:\x80\x01\x00[\x01-\x04]|\x82[\x21\x41\x61\x81]))"},
    // RFC 9293 carries it, RFC 5321 §4.2, §4.1.1.1.
    ApplicationPattern{kSmtp, kTcp, S::kAny, R"(^220[ -][^\r\n]*SMTP)"},
    ApplicationPattern{kSmtp, kTcp, S::kAny, R"(^(?i:ehlo|helo) [!-~]+\r\n)"},
    // RFC 2812 §3.1, §2.3.1.
    ApplicationPattern{kIrc, kTcp, S::kAny, R"(^(?:NICK [!-~]+\r?\n|USER [!-~]+ [!-~]+ [!-~]+ :))"},
    ApplicationPattern{kIrc, kTcp, S::kAny,
                       R"(^(?::[!-~]+ (?:[0-9]{3}|NOTICE|PRIVMSG|JOIN|MODE|PART|QUIT|PONG) |)"
                       R"((?:NOTICE|PRIVMSG|JOIN) [!-~]+ ?))"},
    // "Kafka protocol guide": a request; a response says nothing of itself.
    ApplicationPattern{kKafka, kTcp, S::kKafkaRequest, R"(^\x00[\x00-\x06]..\x00[\x00-\x4a]\x00)"},
    // RFC 9000 §17.2, RFC 9369 §3: an Initial packet of version 1 or 2; or one of Google's.
    ApplicationPattern{kQuic, kUdp, S::kAny,
                       R"(^(?:[\xc0-\xcf]\x00\x00\x00\x01|[\xd0-\xdf]\x6b\x33\x43\xcf|)"
                       R"([\xc0-\xff]\xff\x00\x00[\x17-\x22]).?[\x00-\x14])"},
    ApplicationPattern{kQuic, kUdp, S::kAny,
                       R"(^(?:[\x09\x0d].{8}Q0[0-9][0-9]|[\xc0-\xff](?:Q0|T0)[0-9][0-9]))"},
};

static_assert(kPatterns.size() <= kApplicationPatternMax);

}  // namespace

std::span<const ApplicationPattern> application_patterns() noexcept { return kPatterns; }

}  // namespace mimir::payload
