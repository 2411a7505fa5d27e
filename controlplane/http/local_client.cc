// SPDX-License-Identifier: Apache-2.0
#include "controlplane/http/local_client.h"

#include <chrono>
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast.hpp>

namespace mimir::controlplane {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

constexpr std::chrono::seconds kAnswerPatience{10};
/// A board's windows with all their edges are some ten megabytes.
constexpr std::uint64_t kAnswerBytesMax = std::uint64_t{256} << 20;

}  // namespace

std::optional<LocalAnswer> ask_local(const std::string& socket_path, bool is_post,
                                     const std::string& target, const std::string& body,
                                     std::string& fault) {
  asio::io_context context{1};
  beast::basic_stream<Local> stream(context);
  error_code error;
  stream.socket().connect(Local::endpoint(socket_path), error);
  if (error) {
    fault = "nobody answers at " + socket_path + ": " + error.message();
    return std::nullopt;
  }
  http::request<http::string_body> request{is_post ? http::verb::post : http::verb::get, target,
                                           11};
  request.set(http::field::host, "localhost");
  request.body() = body;
  request.prepare_payload();
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kAnswerBytesMax);
  stream.expires_after(kAnswerPatience);
  http::async_write(stream, request, [&](error_code failed, std::size_t) {
    error = failed;
    if (failed) return;
    http::async_read(stream, buffer, parser,
                     [&](error_code unread, std::size_t) { error = unread; });
  });
  context.run();
  if (error) {
    fault = "no answer from " + socket_path + ": " + error.message();
    return std::nullopt;
  }
  return LocalAnswer{.status = parser.get().result_int(), .body = parser.get().body()};
}

}  // namespace mimir::controlplane
