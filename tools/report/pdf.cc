// SPDX-License-Identifier: Apache-2.0
#include "tools/report/pdf.h"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace mimir::report {

namespace {

constexpr std::array<const char*, 4> kBrowsers = {"chromium", "chromium-browser", "google-chrome",
                                                  "google-chrome-stable"};

/// RFC 3986 §2.3: what is not unreserved is encoded, but the slashes between folders.
std::string url_of(const std::string& path) {
  std::string url = "file://";
  for (const char c : std::filesystem::absolute(path).string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= '0' && byte <= '9') ||
                          std::string_view("-._~/").find(c) != std::string_view::npos;
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (is_plain) {
      url += c;
    } else {
      url += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return url;
}

/// The exit code of the program, or -1 if it could not be started.
int run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int fault =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (fault != 0) return -1;
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 1;
  // 127: found by no path, where spawn itself cannot tell.
  return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

}  // namespace

bool print_to_pdf(const std::string& html_path, const std::string& pdf_path,
                  config::Diagnostics& diagnostics) {
  std::error_code ignored;
  std::string profile = (std::filesystem::temp_directory_path(ignored) / "mimir-XXXXXX").string();
  if (mkdtemp(profile.data()) == nullptr) {
    diagnostics.error({.file = pdf_path}, "no folder for the browser's profile can be made",
                      "is there room in " + std::filesystem::path(profile).parent_path().string());
    return false;
  }
  std::filesystem::remove(pdf_path, ignored);  // one of an earlier run must not pass for this
  int code = -1;
  for (const char* const browser : kBrowsers) {
    code =
        run({browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--user-data-dir=" + profile, "--no-pdf-header-footer",
             "--print-to-pdf=" + std::filesystem::absolute(pdf_path).string(), url_of(html_path)});
    if (code >= 0) break;
  }
  std::filesystem::remove_all(profile, ignored);
  if (code == 0 && std::filesystem::exists(pdf_path, ignored)) return true;
  diagnostics.error({.file = pdf_path},
                    code < 0 ? "there is no browser to print it" : "the browser could not print it",
                    code < 0 ? "apt-get install chromium" : "print report.html by hand");
  return false;
}

}  // namespace mimir::report
