#include "server/credentials.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace overtake {
namespace {

// Takes as long for any two texts of the same length.
bool SameText(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const auto failed = [&path](int error) {
    return absl::NotFoundError(absl::StrCat("Could not open authfile [", path,
                                            "] for reading, error ", std::strerror(error)));
  };
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (file == nullptr) return failed(errno);
  // Far more than what counts of it, and a bound should it be a device.
  std::string text(Credentials::kMaxEntries * (Credentials::kMaxLineBytes + 1), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return failed(errno);
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Credentials>> Credentials::Load(const std::string& path) {
  std::unique_ptr<Credentials> credentials(new Credentials(path));
  if (absl::Status status = credentials->Reload(); !status.ok()) return status;
  return credentials;
}

absl::Status Credentials::Reload() {
  absl::StatusOr<Entries> entries = Read();
  if (!entries.ok()) return entries.status();
  MutexLock lock(&mutex_);
  entries_ = *std::move(entries);
  return absl::OkStatus();
}

absl::StatusOr<Credentials::Entries> Credentials::Read() const {
  const absl::StatusOr<std::string> text = ReadFile(path_);
  if (!text.ok()) return text.status();
  Entries entries;
  std::string_view rest = *text;
  while (!rest.empty() && entries.size() < kMaxEntries) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.size() > kMaxLineBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Authfile [", path_, "] has an entry of more than ", kMaxLineBytes, " bytes"));
    }
    line = line.substr(0, line.find('\0'));
    const size_t colon = line.find(':');
    if (colon == line.npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("Authfile [", path_, "] has a malformed entry. Should be 'user:password'"));
    }
    const std::string_view password = line.substr(colon + 1);
    entries.emplace_back(line.substr(0, colon), password.substr(0, password.find('\r')));
  }
  return entries;
}

bool Credentials::Accepts(std::string_view user, std::string_view password) const {
  MutexLock lock(&mutex_);
  for (const auto& [known_user, known_password] : entries_) {
    if (SameText(user, known_user) && SameText(password, known_password)) return true;
  }
  return false;
}

}  // namespace overtake
