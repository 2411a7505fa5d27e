// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "controlplane/http/http_origin.h"

namespace mimir::controlplane {
namespace {

TEST(HttpOrigin, IsReadAndWritten) {
  const auto is = [](const char* url, bool is_tls, const char* host, const char* port,
                     const char* authority) {
    const auto origin = parse_origin(url);
    ASSERT_TRUE(origin.has_value()) << url;
    EXPECT_EQ(origin->is_tls, is_tls) << url;
    EXPECT_EQ(origin->host, host) << url;
    EXPECT_EQ(origin->port, port) << url;
    EXPECT_EQ(origin->authority(), authority) << url;
  };
  is("https://10.0.0.1:6443", true, "10.0.0.1", "6443", "10.0.0.1:6443");
  is("https://api.example/", true, "api.example", "443", "api.example:443");
  is("http://[::1]:8001", false, "::1", "8001", "[::1]:8001");
  is("http://[fd00::1]", false, "fd00::1", "80", "[fd00::1]:80");
  for (const char* const url :
       {"", "10.0.0.1:6443", "ftp://a", "https://", "https://:1", "https://a:0", "https://a:x",
        "https://a:70000", "https://a/b", "https://a?b", "https://u@a", "https://[::1",
        "http://[::1]x", "https://a b"}) {
    EXPECT_FALSE(parse_origin(url).has_value()) << url;
  }
}

TEST(HttpOrigin, OnlyThisHostIsLoopback) {
  for (const char* const url :
       {"http://127.0.0.1", "http://127.9.9.9", "http://[::1]", "http://localhost"}) {
    EXPECT_TRUE(parse_origin(url)->is_loopback()) << url;
  }
  for (const char* const url :
       {"http://10.0.0.1", "http://127.0.0.1.evil.example", "http://[::2]"}) {
    EXPECT_FALSE(parse_origin(url)->is_loopback()) << url;
  }
}

}  // namespace
}  // namespace mimir::controlplane
