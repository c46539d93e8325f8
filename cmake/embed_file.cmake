# Writes a header that holds a text file as raw string literals (cut, since a literal has a limit). In
# SQL a number replaces {TYPE::NAME} (stored_numbers.cmake).
file(READ ${INPUT} content)
if(INPUT MATCHES "\\.sql$")
  include(${CMAKE_CURRENT_LIST_DIR}/stored_numbers.cmake)
  replace_stored_numbers(content)
endif()
string(LENGTH "${content}" length)
set(literals "")
set(offset 0)
while(offset LESS length)
  string(SUBSTRING "${content}" ${offset} 8000 piece)
  string(APPEND literals "\n    R\"EMBED(${piece})EMBED\"")
  math(EXPR offset "${offset} + 8000")
endwhile()
if(literals STREQUAL "")
  set(literals " \"\"")
endif()
file(WRITE ${OUTPUT}
  "#pragma once\n#include <string_view>\nnamespace yardmaster::embedded {\n"
  "inline constexpr std::string_view ${IDENTIFIER} =${literals};\n}\n")
