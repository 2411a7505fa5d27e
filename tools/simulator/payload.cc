// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/payload.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

namespace mimir::simulator {
namespace {

constexpr std::size_t kPoolBytes = std::size_t{256} << 10;
constexpr std::size_t kNoiseBytes = std::size_t{512} << 10;
constexpr std::size_t kBodyBytesMax = std::size_t{192} << 10;
constexpr std::size_t kJsonRecordBytes = 128;
constexpr std::size_t kTlsRecordBytes = std::size_t{16} << 10;
constexpr std::string_view kJpegHead(
    "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x48\x00\x48\x00"
    "\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00",
    30);
constexpr std::string_view kJpegTail("\xff\xd9", 2);

std::string letters(Random& random, std::size_t count) {
  std::string text(count, ' ');
  for (char& letter : text) letter = static_cast<char>('a' + random.below(26));
  return text;
}

std::string hexadecimal(Random& random, std::size_t count) {
  std::string text(count, ' ');
  for (char& digit : text) digit = "0123456789abcdef"[random.below(16)];
  return text;
}

/// Appends what is drawn in the order of the calls: that of a function's arguments
/// is the compiler's choice, and the bytes must not depend on it.
class Drawn {
 public:
  Drawn(std::string& text, Random& random) : text_(text), random_(random) {}

  Drawn& literal(std::string_view part) {
    text_ += part;
    return *this;
  }
  Drawn& word(std::size_t count) {
    text_ += letters(random_, count);
    return *this;
  }
  Drawn& identifier(std::size_t count) {
    text_ += hexadecimal(random_, count);
    return *this;
  }
  Drawn& number(std::uint32_t from, std::uint32_t count) {
    text_ += std::to_string(from + random_.below(count));
    return *this;
  }

 private:
  std::string& text_;
  Random& random_;
};

std::string json_pool(Random& random) {
  std::string pool;
  while (pool.size() < kPoolBytes) {
    std::string record;
    Drawn drawn(record, random);
    drawn.literal(R"({"id":")").identifier(24).literal(R"(","name":")").word(5 + random.below(9));
    drawn.literal(R"(","price":)").number(5, 90).literal(".").number(10, 90);
    drawn.literal(R"(,"count":)").number(0, 1000).literal(R"(,"description":")");
    drawn.word(kJsonRecordBytes - record.size() - 3).literal(R"("},)");
    pool += record;
  }
  return pool;
}

std::string html_pool(Random& random) {
  std::string pool;
  while (pool.size() < kPoolBytes) {
    Drawn drawn(pool, random);
    drawn.literal("<div class=\"").word(6).literal(" col-md-").number(1, 12);
    drawn.literal("\"><a href=\"detail.html?id=").identifier(8).literal("\">");
    for (std::uint32_t words = random.below(12); words > 0; --words) {
      drawn.word(2 + random.below(8)).literal(" ");
    }
    drawn.literal("</a></div>\n");
  }
  return pool;
}

std::string_view media_type(Content content) {
  switch (content) {
    case Content::kNone:
      return "text/plain";
    case Content::kHtml:
      return "text/html; charset=UTF-8";
    case Content::kJson:
      return "application/json; charset=utf-8";
    case Content::kJpeg:
      return "image/jpeg";
  }
  return "text/plain";
}

}  // namespace

Message Message::slice(std::size_t offset, std::size_t length) const {
  Message piece;
  for (std::size_t i = 0; i < part_count && length > 0; ++i) {
    if (offset >= parts[i].size()) {
      offset -= parts[i].size();
      continue;
    }
    const std::string_view part = parts[i].substr(offset, length);
    piece.add(part);
    length -= part.size();
    offset = 0;
  }
  return piece;
}

void Message::copy(std::size_t offset, std::size_t length, std::uint8_t* out) const {
  for (std::size_t i = 0; i < part_count && length > 0; ++i) {
    const std::string_view part = parts[i];
    if (offset >= part.size()) {
      offset -= part.size();
      continue;
    }
    const std::size_t taken = std::min(length, part.size() - offset);
    std::memcpy(out, part.data() + offset, taken);
    out += taken;
    length -= taken;
    offset = 0;
  }
}

Payloads::Payloads(Random& random, bool are_users_scripts)
    : random_(random),
      are_users_scripts_(are_users_scripts),
      html_(html_pool(random)),
      json_(json_pool(random)) {
  jpeg_.resize(kPoolBytes);
  // 0xff would be a marker inside the picture's coded data.
  for (char& byte : jpeg_) byte = static_cast<char>(random.below(255));
  noise_.resize(kNoiseBytes);
  for (char& byte : noise_) byte = static_cast<char>(random.below(256));
  while (records_.size() + 5 + kTlsRecordBytes <= kNoiseBytes / 2) {
    records_ += std::string("\x17\x03\x03\x40\x00", 5);
    records_ += noise_.substr(records_.size(), kTlsRecordBytes);
  }
  // A row is one packet (protocol 4.1): length, sequence number, one string of 123 bytes.
  for (std::uint32_t row = 0; row < kPoolBytes / 128; ++row) {
    rows_ += std::string{'\x7c', '\0', '\0', static_cast<char>((row + 4) & 0xffU), '\x7b'};
    rows_ += letters(random, 123);
  }
}

std::size_t Payloads::draw(const SizeLaw& law) {
  if (law.mean_bytes <= 0) return 0;
  const double size = random_.log_normal(law.mean_bytes, law.sigma);
  return std::clamp<std::size_t>(static_cast<std::size_t>(size), 1, kBodyBytesMax);
}

void Payloads::append_identifier(std::string& text, std::size_t digits) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (i % 16 == 0) bits = random_.next();
    text += "0123456789abcdef"[bits & 15U];
    bits >>= 4;
  }
}

void Payloads::add_body(Message& message, Content content, std::size_t size) {
  const auto slice = [&](const std::string& pool, std::size_t length, std::size_t unit) {
    const auto choices = static_cast<std::uint32_t>((pool.size() - length) / unit);
    return std::string_view(pool).substr(random_.below(std::max(choices, 1U)) * unit, length);
  };
  switch (content) {
    case Content::kNone:
      return;
    case Content::kHtml:
      message.add(slice(html_, size, 1));
      return;
    case Content::kJpeg: {
      const std::size_t frame = kJpegHead.size() + kJpegTail.size();
      const std::size_t coded = size > frame ? size - frame : 1;
      message.add(kJpegHead);
      message.add(slice(jpeg_, coded, 1));
      message.add(kJpegTail);
      return;
    }
    case Content::kJson: {
      constexpr std::string_view kOpen = R"({"note":")";
      constexpr std::string_view kClose = R"("}])";
      const std::size_t least = 1 + kOpen.size() + kClose.size();
      size = std::max(size, least);
      const std::size_t records = (size - least) / kJsonRecordBytes;
      const std::size_t padding = (size - least) % kJsonRecordBytes;
      message.add("[");
      message.add(slice(json_, records * kJsonRecordBytes, kJsonRecordBytes));
      tail_ = kOpen;
      append_identifier(tail_, padding);
      tail_ += kClose;
      message.add(tail_);
      return;
    }
  }
}

Message Payloads::http_request(const Operation& operation, const Service& server,
                               bool from_outside) {
  Message body;
  const std::size_t drawn = draw(operation.request);
  if (drawn > 0) add_body(body, operation.upload, drawn);

  head_.clear();
  head_ += operation.method;
  head_ += ' ';
  for (const char letter : operation.path) {
    if (letter == '#') {
      append_identifier(head_, 24);
    } else {
      head_ += letter;
    }
  }
  head_ += " HTTP/1.1\r\nHost: ";
  head_ += from_outside ? std::string_view("www.example") : std::string_view(server.name);
  if (from_outside && are_users_scripts_) {
    head_ +=
        "\r\nUser-Agent: python-requests/2.31.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*"
        "\r\nConnection: keep-alive\r\nAuthorization: Basic ";
    append_identifier(head_, 44);
  } else if (from_outside) {
    head_ +=
        "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"
        "\r\nAccept: text/html,application/json;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate"
        "\r\nConnection: keep-alive\r\nCookie: md.sid=s%3A";
    append_identifier(head_, 64);
    head_ += "; logged_in=";
    append_identifier(head_, 24);
    if (operation.path == "/login") {
      head_ += "\r\nAuthorization: Basic ";
      append_identifier(head_, 28);
    }
  } else {
    head_ += "\r\nAccept: application/json\r\nX-Request-Id: ";
    append_identifier(head_, 32);
  }
  if (body.size > 0) {
    fmt::format_to(std::back_inserter(head_), "\r\nContent-Type: {}\r\nContent-Length: {}",
                   media_type(operation.upload), body.size);
  }
  head_ += "\r\n\r\n";
  Message message;
  message.add(head_);
  for (std::size_t i = 0; i < body.part_count; ++i) message.add(body.parts[i]);
  return message;
}

Message Payloads::http_reply(const Operation& operation) {
  Message body;
  if (operation.content != Content::kNone) {
    add_body(body, operation.content, draw(operation.reply));
  }
  std::string_view status = "200 OK";
  if (operation.method == "POST") status = "201 Created";
  if (operation.method == "DELETE") status = "202 Accepted";
  head_.clear();
  fmt::format_to(
      std::back_inserter(head_),
      "HTTP/1.1 {}\r\nServer: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nETag: W/\"", status,
      operation.service, media_type(operation.content), body.size);
  append_identifier(head_, 20);
  head_ += "\"\r\n\r\n";
  Message message;
  message.add(head_);
  for (std::size_t i = 0; i < body.part_count; ++i) message.add(body.parts[i]);
  return message;
}

Message Payloads::probe_request(std::string_view host, std::uint16_t port) {
  head_.clear();
  fmt::format_to(std::back_inserter(head_),
                 "GET /health HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: kube-probe/1.27\r\n"
                 "Accept: */*\r\nConnection: close\r\n\r\n",
                 host, port);
  Message message;
  message.add(head_);
  return message;
}

Message Payloads::probe_reply() {
  head_ =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
      "Connection: close\r\n\r\nOK";
  Message message;
  message.add(head_);
  return message;
}

Message Payloads::scrape_request(std::string_view host, std::uint16_t port) {
  head_.clear();
  fmt::format_to(std::back_inserter(head_),
                 "GET /metrics HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: Prometheus/2.45.0\r\n"
                 "Accept: text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\nAccept-Encoding: gzip\r\n"
                 "X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n",
                 host, port);
  Message message;
  message.add(head_);
  return message;
}

Message Payloads::scrape_reply() {
  const Message body = noise(SizeLaw{6'000, 0.05});
  head_.clear();
  fmt::format_to(std::back_inserter(head_),
                 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                 "Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                 body.size);
  Message message;
  message.add(head_);
  message.add(body.parts[0]);
  return message;
}

Message Payloads::noise(std::size_t length) {
  Message message;
  const auto choices = static_cast<std::uint32_t>(noise_.size() - length);
  message.add(std::string_view(noise_).substr(random_.below(choices), length));
  return message;
}

}  // namespace mimir::simulator
