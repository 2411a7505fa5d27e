// SPDX-License-Identifier: Apache-2.0
// The protocols of databases and queues: MySQL client/server protocol 4.1, MongoDB
// OP_MSG, Redis RESP2, AMQP 0-9-1.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "tools/simulator/payload.h"
#include "tools/simulator/payload_frames.h"

namespace mimir::simulator {
namespace {

void little(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    out += static_cast<char>(value & 0xffU);
    value >>= 8;
  }
}

std::string mysql_packet(std::uint32_t sequence, std::string_view payload) {
  std::string packet;
  little(packet, payload.size(), 3);
  little(packet, sequence, 1);
  packet += payload;
  return packet;
}

std::string mysql_text(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

std::string amqp_frame(std::uint8_t type, std::uint16_t channel, std::string_view payload) {
  std::string frame;
  big(frame, type, 1);
  big(frame, channel, 2);
  big(frame, payload.size(), 4);
  frame += payload;
  frame += '\xce';
  return frame;
}

std::string amqp_method(std::uint16_t class_id, std::uint16_t method_id) {
  std::string method;
  big(method, class_id, 2);
  big(method, method_id, 2);
  return method;
}

std::string amqp_short_text(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

std::string amqp_long_text(std::string_view text) {
  std::string out;
  big(out, text.size(), 4);
  return out + std::string(text);
}

std::array<Greeting, 8> mysql_greetings() {
  std::string hello = "\x0a";
  hello += std::string("5.7.44\0", 7);
  little(hello, 4711, 4);
  hello += "kZ1q8sRw";
  hello += '\0';
  little(hello, 0xf7ff, 2);  // capabilities: protocol 4.1, secure authentication, plugins
  little(hello, 33, 1);
  little(hello, 2, 2);
  little(hello, 0x000f, 2);  // and no CLIENT_DEPRECATE_EOF
  little(hello, 21, 1);
  hello.append(10, '\0');
  hello += std::string("o2Lxk9TqvB3n\0", 13);
  hello += std::string("mysql_native_password\0", 22);
  std::string login;
  little(login, 0x000aa28d, 4);
  little(login, 1 << 24, 4);
  little(login, 33, 1);
  login.append(23, '\0');
  login += std::string("catalogue_user\0", 15);
  login += mysql_text("0123456789abcdefghij");
  login += std::string("socksdb\0", 8);
  login += std::string("mysql_native_password\0", 22);
  const std::string good("\0\0\0\x02\0\0\0", 7);
  return {{{false, mysql_packet(0, hello)},
           {true, mysql_packet(1, login)},
           {false, mysql_packet(2, good)}}};
}

std::array<Greeting, 8> amqp_greetings() {
  std::string start = amqp_method(10, 10) + std::string("\0\x09", 2);
  start += std::string(4, '\0') + amqp_long_text("PLAIN AMQPLAIN") + amqp_long_text("en_US");
  const std::string start_ok =
      amqp_method(10, 11) + std::string(4, '\0') + amqp_short_text("PLAIN") +
      amqp_long_text(std::string_view("\0guest\0guest", 12)) + amqp_short_text("en_US");
  const std::string limits("\x07\xff\x00\x02\x00\x00\x00\x3c", 8);
  const std::string tune = amqp_method(10, 30) + limits;
  const std::string tune_ok = amqp_method(10, 31) + limits;
  const std::string open = amqp_method(10, 40) + amqp_short_text("/") + std::string(2, '\0');
  const std::string open_ok = amqp_method(10, 41) + std::string(1, '\0');
  const std::string channel = amqp_method(20, 10) + std::string(1, '\0');
  const std::string channel_ok = amqp_method(20, 11) + std::string(4, '\0');
  return {{{true, std::string("AMQP\0\0\x09\x01", 8)},
           {false, amqp_frame(1, 0, start)},
           {true, amqp_frame(1, 0, start_ok)},
           {false, amqp_frame(1, 0, tune)},
           {true, amqp_frame(1, 0, tune_ok) + amqp_frame(1, 0, open)},
           {false, amqp_frame(1, 0, open_ok)},
           {true, amqp_frame(1, 1, channel)},
           {false, amqp_frame(1, 1, channel_ok)}}};
}

}  // namespace

std::array<Greeting, 8> Payloads::greetings(Protocol protocol) {
  if (protocol == Protocol::kMysql) return mysql_greetings();
  if (protocol == Protocol::kAmqp) return amqp_greetings();
  if (protocol == Protocol::kGrpc) return grpc_greetings();
  if (protocol == Protocol::kTls) return tls_greetings();
  return {};
}

Message Payloads::mysql_rows(std::size_t size) {
  constexpr std::size_t kRowBytes = 128;
  constexpr std::size_t kRowsAtOneSequence = 256;
  const std::size_t rows = std::max<std::size_t>(1, size / kRowBytes);
  head_ = mysql_packet(1, "\x01");
  std::string column;
  for (const std::string_view name : {"def", "socksdb", "sock", "sock", "row", "row"}) {
    column += mysql_text(name);
  }
  column += std::string("\x0c\x21\x00\x80\x00\x00\x00\xfd\x00\x00\x00\x00\x00", 13);
  head_ += mysql_packet(2, column) + mysql_packet(3, std::string_view("\xfe\0\0\x02\0", 5));
  tail_ = mysql_packet(static_cast<std::uint32_t>(4 + rows) & 0xffU,
                       std::string_view("\xfe\0\0\x02\0", 5));
  const std::size_t stride = kRowBytes * kRowsAtOneSequence;
  const auto choices = static_cast<std::uint32_t>((rows_.size() - rows * kRowBytes) / stride);
  Message message;
  message.add(head_);
  message.add(std::string_view(rows_).substr(random_.below(std::max(choices, 1U)) * stride,
                                             rows * kRowBytes));
  message.add(tail_);
  return message;
}

Message Payloads::mongo(std::string_view verb, std::string_view collection, std::size_t size,
                        bool from_client) {
  const auto element = [&](char type, std::string_view name) {
    head_ += type;
    head_ += name;
    head_ += '\0';
  };
  const auto text = [&](std::string_view name, std::string_view value) {
    element('\x02', name);
    little(head_, value.size() + 1, 4);
    head_ += value;
    head_ += '\0';
  };
  head_.assign(25, '\0');  // header, flags, section kind and the document's length, filled in below
  if (from_client) {
    text(verb, collection);
    text("$db", "data");
  } else {
    element('\x01', "ok");
    little(head_, 0x3ff0000000000000U, 8);
  }
  element('\x05', from_client ? "filter" : "cursor");
  little(head_, size, 4);
  head_ += '\0';

  const std::size_t total = head_.size() + size + 1;
  std::string fixed;
  little(fixed, total, 4);
  little(fixed, from_client ? ++mongo_request_ : mongo_request_ + 70000, 4);
  little(fixed, from_client ? 0 : mongo_request_, 4);
  little(fixed, 2013, 4);
  little(fixed, 0, 4);
  little(fixed, 0, 1);
  little(fixed, total - 21, 4);
  head_.replace(0, 25, fixed);
  Message message;
  message.add(head_);
  if (size > 0) {
    const auto choices = static_cast<std::uint32_t>(json_.size() - size);
    message.add(std::string_view(json_).substr(random_.below(choices), size));
  }
  message.add(std::string_view("\0", 1));
  return message;
}

Message Payloads::amqp_content(std::string method, std::size_t size) {
  Message body;
  add_body(body, Content::kJson, size);
  std::string header;
  big(header, 60, 2);
  big(header, 0, 2);
  big(header, body.size, 8);
  big(header, 0, 2);
  head_ = amqp_frame(1, 1, method) + amqp_frame(2, 1, header);
  big(head_, 3, 1);
  big(head_, 1, 2);
  big(head_, body.size, 4);
  tail_ += '\xce';
  // The note that ends every JSON body lies in tail_, which has just grown by one byte.
  Message message;
  message.add(head_);
  message.add(body.parts[0]);
  message.add(body.parts[1]);
  message.add(tail_);
  return message;
}

Message Payloads::amqp_delivery(const Operation& operation) {
  std::string method = amqp_method(60, 60) + amqp_short_text("amq.ctag-Zq3");
  big(method, 1 + random_.below(1U << 20), 8);
  big(method, 0, 1);
  method += amqp_short_text("") + amqp_short_text(operation.method);
  return amqp_content(std::move(method), draw(operation.request));
}

Message Payloads::amqp_acknowledgement() {
  std::string method = amqp_method(60, 80);
  big(method, 1 + random_.below(1U << 20), 8);
  big(method, 0, 1);
  head_ = amqp_frame(1, 1, method);
  Message message;
  message.add(head_);
  return message;
}

Message Payloads::heartbeat(Protocol protocol, bool from_client) {
  Message message;
  if (protocol == Protocol::kMongo) {
    return mongo("isMaster", "1", from_client ? 12 : 210, from_client);
  }
  if (protocol == Protocol::kAmqp) {
    head_ = amqp_frame(8, 0, {});
    message.add(head_);
  }
  if (protocol == Protocol::kGrpc) {
    head_ = std::string("\0\0\x08\x06", 4);  // PING, RFC 9113 §6.7
    head_ += from_client ? '\0' : '\x01';
    head_.append(12, '\0');
    message.add(head_);
  }
  // A watch: the server tells what has changed, the client only listens.
  if (protocol == Protocol::kTls && !from_client) return tls_records(draw({410, 0.25}));
  return message;
}

Message Payloads::request(const Operation& operation, const Service& server, bool from_outside,
                          std::uint32_t exchange) {
  const bool is_drawn_there =
      server.protocol == Protocol::kHttp || server.protocol == Protocol::kGrpc;
  const std::size_t size = is_drawn_there ? 0 : draw(operation.request);
  Message message;
  switch (server.protocol) {
    case Protocol::kHttp:
      return http_request(operation, server, from_outside);
    case Protocol::kGrpc:
      return grpc_request(operation, server, exchange);
    case Protocol::kTls:
      return tls_records(std::max<std::size_t>(size, 40));
    case Protocol::kMysql: {
      std::string query = "\x03";
      query += operation.method;
      head_ = mysql_packet(0, query);
      message.add(head_);
      return message;
    }
    case Protocol::kMongo:
      return mongo(size > 200 ? "insert" : "find", operation.method, size, true);
    case Protocol::kRedis: {
      std::string key = "sess:";
      append_identifier(key, 32);
      head_ = fmt::format("*{}\r\n${}\r\n{}\r\n$37\r\n{}\r\n", size > 0 ? 4 : 2,
                          operation.method.size(), operation.method, key);
      if (size > 0) {
        fmt::format_to(std::back_inserter(head_), "$5\r\n86400\r\n${}\r\n", size);
        append_identifier(head_, size);
        head_ += "\r\n";
      }
      message.add(head_);
      return message;
    }
    case Protocol::kAmqp: {
      std::string method = amqp_method(60, 40) + std::string(2, '\0') + amqp_short_text("");
      method += amqp_short_text(operation.method) + std::string(1, '\0');
      return amqp_content(std::move(method), size);
    }
    case Protocol::kDns:
      return message;
  }
  return message;
}

Message Payloads::reply(const Operation& operation, const Service& server, std::uint32_t exchange) {
  Message message;
  switch (server.protocol) {
    case Protocol::kHttp:
      return http_reply(operation);
    case Protocol::kGrpc:
      return grpc_reply(operation, exchange);
    case Protocol::kTls:
      return tls_records(std::max<std::size_t>(draw(operation.reply), 40));
    case Protocol::kMysql:
      return mysql_rows(draw(operation.reply));
    case Protocol::kMongo:
      return mongo({}, {}, draw(operation.reply), false);
    case Protocol::kRedis: {
      const std::size_t size = draw(operation.reply);
      if (size == 0) {
        head_ = "+OK\r\n";
      } else {
        head_ = fmt::format("${}\r\n", size);
        append_identifier(head_, size);
        head_ += "\r\n";
      }
      message.add(head_);
      return message;
    }
    case Protocol::kAmqp:
    case Protocol::kDns:
      return message;  // a publication is not answered; the DNS is not a stream
  }
  return message;
}

}  // namespace mimir::simulator
