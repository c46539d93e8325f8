# yardmaster_embed(TARGET FILE...): makes each text file available to TARGET as
# `yardmaster::embedded::<file name with _ for . and ->` through the header "embedded/<file name>.h".
function(yardmaster_embed target)
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/generated)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME)
    string(REGEX REPLACE "[.-]" "_" identifier ${name})
    set(header ${directory}/embedded/${name}.h)
    add_custom_command(OUTPUT ${header}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${CMAKE_CURRENT_SOURCE_DIR}/${file} -DOUTPUT=${header}
              -DIDENTIFIER=${identifier} -P ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
      VERBATIM)
    target_sources(${target} PRIVATE ${header})
  endforeach()
  target_include_directories(${target} PUBLIC ${directory})
endfunction()
