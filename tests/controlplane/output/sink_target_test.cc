// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/sink_target.h"

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

TEST(SinkTarget, IsReadFromEachOfItsForms) {
  const auto udp = parse_sink_target("syslog+udp://[::1]:514");
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->kind, SinkKind::kSyslogUdp);
  EXPECT_EQ(udp->host, "::1");
  EXPECT_EQ(udp->port, "514");
  const auto log = parse_sink_target("syslog+unix:///dev/log");
  ASSERT_TRUE(log.has_value());
  EXPECT_EQ(log->kind, SinkKind::kSyslogUnix);
  EXPECT_EQ(log->path, "/dev/log");
  const auto hook = parse_sink_target("https://hooks.example/a?b=c");
  ASSERT_TRUE(hook.has_value());
  EXPECT_EQ(hook->kind, SinkKind::kWebhook);
  EXPECT_TRUE(hook->is_tls);
  EXPECT_EQ(hook->url, "https://hooks.example/a?b=c");
  const auto kafka = parse_sink_target("kafka+tls://a:9092,b:9092/alerts");
  ASSERT_TRUE(kafka.has_value());
  EXPECT_EQ(kafka->kind, SinkKind::kKafka);
  EXPECT_TRUE(kafka->is_tls);
  EXPECT_EQ(kafka->host, "a:9092,b:9092");
  EXPECT_EQ(kafka->path, "alerts");
  EXPECT_EQ(parse_sink_target("unix:///run/siem.sock")->kind, SinkKind::kUnixStream);
  EXPECT_EQ(parse_sink_target("syslog+tcp://siem:601")->kind, SinkKind::kSyslogTcp);
  EXPECT_FALSE(parse_sink_target("syslog+tcp://siem:601")->is_tls);
  EXPECT_EQ(parse_sink_target("syslog+tls://siem:6514")->kind, SinkKind::kSyslogTcp);
  EXPECT_TRUE(parse_sink_target("syslog+tls://siem:6514")->is_tls);
}

TEST(SinkTarget, RefusesWhatIsNoneOfThem) {
  for (const char* const text :
       {"", "siem", "ftp://siem/", "syslog+tcp://siem", "syslog+tcp://siem:0",
        "syslog+tcp://siem:70000", "syslog+udp://::1:514", "syslog+udp://:514", "unix://run/x",
        "unix:///", "https://", "https:///path", "https://user@host/", "https://host/a b",
        "kafka://a:9092", "kafka://a:9092/", "kafka:///topic", "kafka://a:9092/x/y"}) {
    EXPECT_FALSE(parse_sink_target(text).has_value()) << text;
  }
}

TEST(SinkTarget, KnowsWhatStaysOnThisMachine) {
  for (const char* const text : {"syslog+unix:///dev/log", "http://127.0.0.1:1/x", "http://[::1]/x",
                                 "http://localhost/", "kafka://127.0.0.1:1/t"}) {
    EXPECT_TRUE(is_local(*parse_sink_target(text))) << text;
  }
  for (const char* const text : {"syslog+udp://10.0.0.1:514", "http://127.example/x",
                                 "http://localhost.example/", "kafka://127.0.0.1:1,b:1/t"}) {
    EXPECT_FALSE(is_local(*parse_sink_target(text))) << text;
  }
}

}  // namespace
}  // namespace mimir::controlplane
