// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/wire/http_request.h"
#include "dataplane/wire/tls_hello.h"

namespace mimir::wire {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string u16(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string extension(unsigned type, const std::string& data) {
  return u16(type) + u16(data.size()) + data;
}

std::string server_name(const std::string& name) {
  return extension(0, u16(name.size() + 3) + std::string(1, '\0') + u16(name.size()) + name);
}

std::string protocols(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += static_cast<char>(name.size()) + name;
  return extension(16, u16(list.size()) + list);
}

/// RFC 8446 §4.1.2 in a record of its own.
std::string hello(const std::string& suites, const std::string& extensions) {
  const std::string body = "\x03\x03" + std::string(32, 'r') + std::string(1, '\x04') + "sess" +
                           u16(suites.size()) + suites + std::string("\x01\0", 2) +
                           u16(extensions.size()) + extensions;
  const std::string message = std::string("\x01\0", 2) + u16(body.size()) + body;
  return "\x16\x03\x01" + u16(message.size()) + message;
}

TEST(TlsHello, TheServersNameAndTheFirstProtocolAreTold) {
  PayloadFact fact;
  const std::string bytes =
      hello("\x13\x01\x13\x02", server_name("Api.Example.org") + protocols({"h2", "http/1.1"}));
  ASSERT_TRUE(read_tls_hello(bytes_of(bytes), fact));
  EXPECT_EQ(fact.kind, FactKind::kTlsHello);
  EXPECT_EQ(fact.first_text(), "api.example.org");
  EXPECT_EQ(fact.second_text(), "h2");
  EXPECT_EQ(fact.value[1], 2) << "protocols";
  EXPECT_EQ(fact.flags, 0);
}

TEST(TlsHello, TheHashIsThatOfWhatTheClientCanNotOfWhatItDrew) {
  const auto hash_of = [](const std::string& bytes) {
    PayloadFact fact;
    EXPECT_TRUE(read_tls_hello(bytes_of(bytes), fact));
    return fact.hash;
  };
  const std::string suites = "\x13\x01\x13\x02";
  const std::string name = server_name("a.org");
  const std::string alpn = protocols({"h2"});
  const std::uint32_t hash = hash_of(hello(suites, name + alpn));
  EXPECT_EQ(hash, hash_of(hello(suites, alpn + server_name("b.org")))) << "order and name";
  EXPECT_EQ(hash, hash_of(hello("\x1a\x1a" + suites, extension(0x2a2a, "") + name + alpn)))
      << "GREASE, RFC 8701";
  EXPECT_NE(hash, hash_of(hello("\x13\x02\x13\x01", name + alpn))) << "preference";
  EXPECT_NE(hash, hash_of(hello(suites, name))) << "extensions";
}

TEST(TlsHello, APartIsReadAsFarAsItIsThere) {
  const std::string bytes =
      hello("\x13\x01", server_name("a.org") + extension(21, std::string(600, '\0')));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    PayloadFact fact;
    const std::string part = bytes.substr(0, size);
    const bool is_read = read_tls_hello(bytes_of(part), fact);
    if (size > 200) {
      EXPECT_TRUE(is_read);
      EXPECT_EQ(fact.first_text(), "a.org");
      EXPECT_EQ(fact.flags & kTextCut, kTextCut);
    }
  }
  PayloadFact fact;
  EXPECT_FALSE(read_tls_hello(bytes_of("\x16\x03\x01\x00\x40\x02" + std::string(100, 'x')), fact))
      << "a ServerHello";
}

TEST(HttpRequest, HostAndAgentAreToldAndTheTargetIsNot) {
  PayloadFact fact;
  ASSERT_TRUE(read_http_request(bytes_of("GET /secret?q=1 HTTP/1.1\r\nHost: Shop.Example.org\r\n"
                                         "user-agent:  Mozilla/5.0 (X11)  \r\nAccept: */*\r\n\r\n"
                                         "body"),
                                fact));
  EXPECT_EQ(fact.kind, FactKind::kHttpRequest);
  EXPECT_EQ(fact.first_text(), "shop.example.org");
  EXPECT_EQ(fact.second_text(), "Mozilla/5.0 (X11)");
  EXPECT_EQ(fact.value[0], 3);
  EXPECT_EQ(fact.flags, kHasUserAgent);
}

TEST(HttpRequest, TheHashIsThatOfTheSetOfFields) {
  const auto hash_of = [](std::string_view fields) {
    PayloadFact fact;
    const std::string text = "GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n";
    EXPECT_TRUE(read_http_request(bytes_of(text), fact));
    return fact.hash;
  };
  const std::uint32_t hash = hash_of("Host: a\r\nAccept: */*\r\n");
  EXPECT_EQ(hash, hash_of("accept: text/html\r\nHOST: b\r\n"));
  EXPECT_NE(hash, hash_of("Host: a\r\n"));
  EXPECT_NE(hash, hash_of("Host: a\r\nAccept: */*\r\nCookie: c\r\n"));
}

TEST(HttpRequest, WhatGoesOnInAnotherSegmentIsReadAsFarAsItIsThere) {
  PayloadFact fact;
  ASSERT_TRUE(read_http_request(bytes_of("GET / HTTP/1.1\r\nHost: a\r\nUser-Ag"), fact));
  EXPECT_EQ(fact.first_text(), "a");
  EXPECT_EQ(fact.flags, kTextCut);
  PayloadFact other;
  EXPECT_FALSE(read_http_request(bytes_of("GET / HTTP/1.1"), other));
  EXPECT_FALSE(read_http_request(bytes_of("HTTP/1.1 200 OK\r\n\r\n"), other));
}

TEST(HttpRequest, LongTextsAreCutAndSaySo) {
  PayloadFact fact;
  const std::string text =
      "GET / HTTP/1.1\r\nHost: a.org\r\nUser-Agent: " + std::string(400, 'm') + "\r\n\r\n";
  ASSERT_TRUE(read_http_request(bytes_of(text), fact));
  EXPECT_EQ(fact.first_text(), "a.org");
  EXPECT_EQ(fact.second_text().size(), PayloadFact::kTextMax - 5);
  EXPECT_EQ(fact.flags, kTextCut | kHasUserAgent);
}

}  // namespace
}  // namespace mimir::wire
