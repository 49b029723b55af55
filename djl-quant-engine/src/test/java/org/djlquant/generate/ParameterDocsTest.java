package org.djlquant.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Keeps docs/generation-parameters.md true. */
class ParameterDocsTest {
    @Test
    void thePageListsEveryParameterWithItsRangeAndMeaning() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("../docs/generation-parameters.md"));
        for (Parameter<?> parameter : Parameter.all()) {
            String names = "| `" + String.join("`, `", parameter.names()) + "` |";
            List<String> rows = lines.stream().filter(line -> line.startsWith(names)).toList();
            assertEquals(1, rows.size(), "rows that begin with " + names);
            String expected = names + " " + parameter.range() + " | " + parameter.description() + " | ";
            assertTrue(rows.getFirst().startsWith(expected), () -> rows.getFirst() + "\nshould be\n" + expected);
        }
    }
}
