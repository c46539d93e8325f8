# Numbers that rows hold have one definition, the enumerations of coordinator/domain, which give each
# name its number. SQL writes {MessageStatus::acked}; this puts the number there.
set(stored_number_headers
  ${CMAKE_CURRENT_LIST_DIR}/../coordinator/domain/handoff.h
  ${CMAKE_CURRENT_LIST_DIR}/../coordinator/domain/instance.h
  ${CMAKE_CURRENT_LIST_DIR}/../coordinator/domain/message.h
  ${CMAKE_CURRENT_LIST_DIR}/../coordinator/domain/repository.h)

# replace_stored_numbers(VARIABLE): in the SQL that it holds. A name that has no number stops the build.
function(replace_stored_numbers variable)
  set(text "${${variable}}")
  foreach(header ${stored_number_headers})
    file(READ ${header} content)
    string(REGEX MATCHALL "enum class [A-Za-z]+ {[^}]*}" enumerations "${content}")
    foreach(enumeration ${enumerations})
      string(REGEX REPLACE "enum class ([A-Za-z]+) .*" "\\1" type "${enumeration}")
      string(REGEX MATCHALL "[a-z_]+ = [0-9]+" values "${enumeration}")
      foreach(value ${values})
        string(REGEX MATCH "([a-z_]+) = ([0-9]+)" value "${value}")
        string(REPLACE "{${type}::${CMAKE_MATCH_1}}" "${CMAKE_MATCH_2}" text "${text}")
      endforeach()
    endforeach()
  endforeach()
  if(text MATCHES "{([A-Za-z]+::[a-z_]+)}")
    message(FATAL_ERROR "${INPUT}: ${CMAKE_MATCH_1} has no number in coordinator/domain")
  endif()
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()
