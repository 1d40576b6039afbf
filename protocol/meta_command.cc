#include "protocol/meta_command.h"

#include "protocol/meta_flags.h"

namespace overtake {
namespace {

// Where the meta commands' lines differ.
struct Form {
  size_t words = 1;  // before the flags, behind the name
  // All that it says of a key that is too long and of flags that are too many or cannot be read;
  // "": each has words of its own.
  std::string_view bad_flag = {};
  std::string_view modes = {};  // that M may ask for; "": nobody reads it
  std::string_view bad_mode = {};
};
constexpr size_t kMaxWords = 20;  // of a line
constexpr std::string_view kTooLong = "CLIENT_ERROR options flags are too long";

constexpr Form kGet = {};
constexpr Form kSet = {
    .words = 2, .modes = "EAPRS", .bad_mode = "CLIENT_ERROR invalid mode for ms M token"};
constexpr Form kDelete = {};
constexpr Form kArithmetic = {.bad_flag = "CLIENT_ERROR invalid or duplicate flag",
                              .modes = "I+D-",
                              .bad_mode = "CLIENT_ERROR invalid mode for ma M token"};

std::optional<size_t> Parse(const Form& form, const Tokens& words, std::string_view arguments,
                            Request* request) {
  std::optional<size_t> length;
  const auto fail = [request, &length](std::string_view error) {
    Fail(error, request);
    return length;
  };
  if (words.count <= form.words) return fail(kBadFormat);
  if (form.words == 2) {
    length = ParseLength(words[2]);
    if (!length.has_value()) return fail(kBadFormat);
  }
  const auto refuse = [&form, &fail](std::string_view error) {
    return fail(form.bad_flag.empty() ? error : form.bad_flag);
  };
  if (!FitsKey(words[1])) return refuse(kBadFormat);
  request->key = words[1];
  if (words.count > kMaxWords) return refuse(kTooLong);
  const std::string_view last = words[form.words];
  arguments.remove_prefix(static_cast<size_t>(last.data() + last.size() - arguments.data()));
  request->text = arguments;
  const std::string_view error = ParseMetaFlags(request);
  if (!error.empty()) return refuse(error);
  const MetaFlags& meta = request->meta;
  if (meta.Has('M') && !form.modes.empty() && form.modes.find(meta.mode) == form.modes.npos) {
    return fail(form.bad_mode);
  }
  if (!OpaqueFits(*request)) return fail("CLIENT_ERROR opaque token too long");
  return length;
}

}  // namespace

std::optional<size_t> ParseMetaGet(const Tokens& words, std::string_view arguments,
                                   Request* request) {
  return Parse(kGet, words, arguments, request);
}

std::optional<size_t> ParseMetaSet(const Tokens& words, std::string_view arguments,
                                   Request* request) {
  return Parse(kSet, words, arguments, request);
}

std::optional<size_t> ParseMetaDelete(const Tokens& words, std::string_view arguments,
                                      Request* request) {
  return Parse(kDelete, words, arguments, request);
}

std::optional<size_t> ParseMetaArithmetic(const Tokens& words, std::string_view arguments,
                                          Request* request) {
  return Parse(kArithmetic, words, arguments, request);
}

// me has one flag, and no errors of its own.
std::optional<size_t> ParseMetaDebug(const Tokens& words, std::string_view /*arguments*/,
                                     Request* request) {
  if (words.count < 2 || !FitsKey(words[1])) return Fail(kBadFormat, request);
  request->key = words[1];
  if (words.count > 2 && words[2] == "b") request->text = words[2];
  return ParseMetaFlags(request).empty() ? std::nullopt : Fail(kBadFormat, request);
}

}  // namespace overtake
