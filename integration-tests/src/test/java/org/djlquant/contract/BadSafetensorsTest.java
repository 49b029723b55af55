package org.djlquant.contract;

import static org.djlquant.contract.BadInput.refused;
import static org.djlquant.contract.BadInput.unsupported;
import static org.djlquant.contract.Bytes.safetensors;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way in which a safetensors file, its index or config.json can lie has its own error. */
class BadSafetensorsTest {
    private static final String ONE = "{'a':{'dtype':'F32','shape':[2,2],'data_offsets':[0,16]}}";
    private static final String INDEX = "model.safetensors.index.json";

    @TempDir
    Path folder;

    private static void open(Path file) {
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            checkpoint.metadata();
        }
    }

    private static Bytes file(String header, int data) {
        return safetensors(header.replace('\'', '"'), data);
    }

    private Path text(String name, String json) throws IOException {
        return Files.writeString(folder.resolve(name), json.replace('\'', '"'));
    }

    private void refusedHeader(String message, String header, int data) throws IOException {
        Path file = file(header, data).writeTo(folder.resolve("bad.safetensors"));
        refused(file, message, () -> open(file));
    }

    @Test
    void theValidFileThatTheOthersVaryOpens() throws IOException {
        Path file = file(ONE, 16).writeTo(folder.resolve("good.safetensors"));
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertEquals("[a]", checkpoint.tensors().keySet().toString());
        }
        // told by its content, whatever its name
        Path renamed = Files.move(file, folder.resolve("weights.dat"));
        try (Checkpoint checkpoint = Checkpoints.open(renamed)) {
            assertEquals(Checkpoint.Naming.HUGGING_FACE, checkpoint.naming());
        }
    }

    @Test
    void truncatedAnywhere() throws IOException {
        byte[] whole = file(ONE, 16).array();
        Path file = folder.resolve("cut.safetensors");
        for (int length = 1; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            refused(file, "truncated", () -> open(file));
        }
    }

    @Test
    void headerLengths() throws IOException {
        Path file = folder.resolve("bad.safetensors");
        for (long length : new long[] {0, 1, 100_000_001, Long.MAX_VALUE, -1}) {
            new Bytes().u64(length).ascii("{}").zeros(64).writeTo(file);
            refused(file, "header length is " + Long.toUnsignedString(length), () -> open(file));
        }
        new Bytes().u64(90_000_000).ascii("{}").zeros(64).writeTo(file);
        refused(file, "the header has 90000000 bytes, but only 66 follow", () -> open(file));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            {'a'                                                                         | ends at character 4
            {'a':}                                                                       | is not valid
            {a:1}                                                                        | is not valid
            {'a':NaN}                                                                    | is not valid
            []                                                                           | expected an object, found array
            {} {}                                                                        | is not valid
            {'a':1}                                                                      | tensor a: expected an object, found 1
            {'a':{}}                                                                     | tensor a: dtype: expected a string, found null
            {'a':{'dtype':7}}                                                            | tensor a: dtype: expected a string, found 7
            {'a':{'dtype':'F32','data_offsets':[0,16]}}                                  | shape: expected an array of integers, found null
            {'a':{'dtype':'F32','shape':4,'data_offsets':[0,16]}}                        | shape: expected an array of integers, found 4
            {'a':{'dtype':'F32','shape':[-4],'data_offsets':[0,16]}}                     | shape: expected integers from 0 up, found -4
            {'a':{'dtype':'F32','shape':[4.5],'data_offsets':[0,16]}}                    | shape: expected integers from 0 up, found 4.5
            {'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,16]}}   | shape: expected integers from 0 up, found 1.0E20
            {'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,16]}}  | overflows 64 bits
            {'a':{'dtype':'F4','shape':[3],'data_offsets':[0,16]}}                       | does not fill whole bytes
            {'a':{'dtype':'F32','shape':[4]}}                                            | data_offsets: expected an array
            {'a':{'dtype':'F32','shape':[4],'data_offsets':[0]}}                         | data_offsets: expected [begin, end], found [0]
            {'a':{'dtype':'F32','shape':[4],'data_offsets':[16,0]}}                      | data_offsets: expected [begin, end], found [16, 0]
            {'a':{'dtype':'F32','shape':[4],'data_offsets':[0,12]}}                      | takes 16 bytes, but data_offsets [0, 12] span 12
            {'a':{'dtype':'F32','shape':[4],'data_offsets':[9223372036854775791,9223372036854775807]}} | data_offsets: expected
            {'a':{'dtype':'F32','shape':[4],'data_offsets':[16,32]}}                     | leaves a gap
            {'a':{'dtype':'F32','shape':[8],'data_offsets':[0,32]}}                      | but the file ends at
            {'a':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}}                      | 4 bytes follow the last tensor
            {'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]},'b':{'dtype':'F32','shape':[2],'data_offsets':[8,16]}} | tensor b: its data begins at byte
            {'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]},'a':{}}               | key $.a is given twice
            {'__metadata__':{'format':1}}                                                | key __metadata__: expected an object of strings
            """)
    void headers(String header, String message) throws IOException {
        refusedHeader(message, header, 16);
    }

    @Test
    void unknownTypesAndDeepJson() throws IOException {
        Path file = file("{'a':{'dtype':'F7','shape':[4],'data_offsets':[0,16]}}", 16)
                .writeTo(folder.resolve("bad.safetensors"));
        unsupported(file, "tensor a: has the unknown dtype F7", () -> open(file));
        refusedHeader("is not valid: Nesting limit 100 reached", "{'a':" + "[".repeat(1_000_000), 0);
    }

    @Test
    void invalidTextInTheHeader() throws IOException {
        Path file = new Bytes().u64(10).ascii("{\"").raw((byte) 0xc3).ascii("\":  1 }").zeros(2)
                .writeTo(folder.resolve("bad.safetensors"));
        refused(file, "byte 10: header is not valid UTF-8 (byte 0xc3 at position 2", () -> open(file));
    }

    @Test
    void foldersWithoutUsableWeights() throws IOException {
        text("adapter_config.json", "{}");
        unsupported(folder, "holds a LoRA adapter", () -> open(folder));
        text("config.json", "{}");
        refused(folder, "holds config.json but no .safetensors file", () -> open(folder));
        text("pytorch_model.bin", "x");
        unsupported(folder, "pickled PyTorch files only", () -> open(folder));
        file(ONE, 16).writeTo(folder.resolve("x.safetensors"));
        open(folder);
        file(ONE, 16).writeTo(folder.resolve("y.safetensors"));
        refused(folder, "holds 2 safetensors files and 0 indexes", () -> open(folder));
    }

    @Test
    void configs() throws IOException {
        file(ONE, 16).writeTo(folder.resolve("model.safetensors"));
        Path config = text("config.json", "{'a':1,");
        refused(config, "truncated", () -> open(folder));
        text("config.json", "{'a':1,'b':{'c':2,'c':3}}");
        refused(config, "key $.b.c is given twice", () -> open(folder));
        text("config.json", "{'a':1e999999999,'b':{'c':2},'b.c':3}");
        refused(config, "key b.c: is given both nested and dotted", () -> open(folder));
        Files.write(config, new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});
        refused(config, "byte 2: the text is not valid UTF-8 (byte 0xff", () -> open(folder));
        Files.write(config, new byte[0]);
        refused(config, "ends at character 0", () -> open(folder));
        Files.delete(config);
        refused(folder, "holds neither config.json nor a .gguf file", () -> open(folder));
    }

    @Test
    void valuesOfConfig() throws IOException {
        file(ONE, 16).writeTo(folder.resolve("model.safetensors"));
        Path config = text("config.json", "{'s':'x','n':7,'big':1e300,'o':{'k':1},'a':[1,'x'],'z':null}");
        try (Checkpoint checkpoint = Checkpoints.open(folder)) {
            var metadata = checkpoint.metadata();
            refused(config, "key s: expected a number, found the string \"x\"", () -> metadata.number("s"));
            refused(config, "key n: expected a string, found the number 7", () -> metadata.string("n"));
            refused(config, "key n: expected true or false", () -> metadata.bool("n"));
            refused(config, "key n: expected an array of integers", () -> metadata.integers("n"));
            refused(config, "key big: expected an integer of at most 64 bits", () -> metadata.integer("big"));
            refused(config, "key o: expected an integer, found an object", () -> metadata.integer("o"));
            refused(config, "key a: expected an array of strings, found the array [1, x]", () -> metadata.strings("a"));
            refused(config, "key none: is missing; an integer from 1 to 9", () -> metadata.requireInt("none", 1, 9));
            refused(config, "key n: expected an integer from 1 to 5, found 7", () -> metadata.optionalInt("n", 1, 1, 5));
            assertEquals(false, metadata.has("z"));
            assertEquals(true, metadata.has("o"));
            assertEquals(3, metadata.optionalInt("z", 3, 1, 5));
        }
    }

    @Test
    void indexes() throws IOException {
        text("config.json", "{}");
        Path index = text(INDEX, "{'weight_map':{'a':'one.safetensors','b':'two.safetensors'}}");
        refused(index, "2 of 2 shards are missing in the folder: one.safetensors, two.safetensors", () -> open(folder));
        Path one = file(ONE, 16).writeTo(folder.resolve("one.safetensors"));
        refused(index, "1 of 2 shards are missing in the folder: two.safetensors", () -> open(folder));
        Path two = file(ONE.replace("'a'", "'b'"), 16).writeTo(folder.resolve("two.safetensors"));
        open(folder);

        file(ONE.replace("'a'", "'c'"), 16).writeTo(two);
        refused(two, "tensor c: is not listed in " + INDEX, () -> open(folder));
        file(ONE, 16).writeTo(two);
        refused(two, "tensor a: is listed in " + INDEX + " as part of one.safetensors", () -> open(folder));
        file("{}", 0).writeTo(two);
        refused(two, "tensor b: is not in this file, although " + INDEX + " says so", () -> open(folder));
        Files.write(two, new byte[0]);
        refused(two, "is empty", () -> open(folder));
        text(INDEX, "{'weight_map':{'a':'../one.safetensors'}}");
        refused(index, "expected the name of a file in the same folder", () -> open(folder));
        text(INDEX, "{'weight_map':{'a':1}}");
        refused(index, "key weight_map.a: expected the name of a file", () -> open(folder));
        text(INDEX, "{'metadata':{}}");
        refused(index, "key weight_map: expected an object of file names, found null", () -> open(folder));
        text(INDEX, "{'weight_map':");
        refused(index, "truncated", () -> open(folder));
        Files.delete(index);
        Files.delete(two);
        open(folder);
        Files.delete(one);
    }

    @Test
    void modules() throws IOException {
        text("config.json", "{'quantization_config':{'quant_method':'magic'}}");
        Path file = file(
                        "{'q.qweight':{'dtype':'I32','shape':[2,2],'data_offsets':[0,16]},"
                                + "'i.weight':{'dtype':'I8','shape':[2,8],'data_offsets':[16,32]},"
                                + "'n.weight':{'dtype':'F32','shape':[4],'data_offsets':[32,48]}}",
                        48)
                .writeTo(folder.resolve("model.safetensors"));
        try (Checkpoint checkpoint = Checkpoints.open(folder)) {
            unsupported(folder, "q: is quantized (quant_method magic, stored as qweight)", () -> checkpoint.matrix("q"));
            unsupported(folder, "weight stored as I8", () -> checkpoint.matrix("i"));
            refused(file, "has the shape [4], expected a matrix", () -> checkpoint.matrix("n"));
            refused(folder, "tensor x.weight: is missing", () -> checkpoint.matrix("x"));
            refused(file, "has the shape [4], expected [5]", () -> checkpoint.vector("n.weight", 5));
            assertThrows(IllegalArgumentException.class, () -> checkpoint.companion("../secret"));
            assertThrows(IllegalArgumentException.class, () -> checkpoint.companion(".."));
        }
    }

    @Test
    void quantizationSettingsMustAgree() throws IOException {
        file(ONE, 16).writeTo(folder.resolve("model.safetensors"));
        text("config.json", "{'architectures':['MistralForCausalLM']}");
        assertRecognised("Hugging Face safetensors (model.safetensors), "
                + "[MistralForCausalLM] (architectures in config.json), no quantization_config");
        Path beside = text("quantize_config.json", "{'quant_method':'gptq','bits':4,'group_size':128,'desc_act':true}");
        assertRecognised("quant_method=\"gptq\" bits=4 group_size=128 desc_act=true (quantize_config.json)");
        text("config.json", "{'quantization_config':{'quant_method':'gptq','bits':4,'group_size':128}}");
        assertRecognised("quant_method=\"gptq\" bits=4 group_size=128 (quantization_config in config.json)");
        text("config.json", "{'quantization_config':{'quant_method':'gptq','bits':8,'group_size':128}}");
        refused(beside, "key bits: is 4, but quantization_config.bits in config.json is 8", () -> open(folder));
        text("quantize_config.json", "{'bits':");
        refused(beside, "truncated", () -> open(folder));
    }

    private void assertRecognised(String expected) {
        try (Checkpoint checkpoint = Checkpoints.open(folder)) {
            assertTrue(checkpoint.recognised().contains(expected), checkpoint.recognised());
        }
    }

    @Test
    void companions() throws IOException {
        text("config.json", "{}");
        file(ONE, 16).writeTo(folder.resolve("model.safetensors"));
        Files.write(folder.resolve("tokenizer.json"), new byte[] {'a', (byte) 0xe2, (byte) 0x82});
        text("chat_template.jinja", "{{ 'é' }}");
        try (Checkpoint checkpoint = Checkpoints.open(folder)) {
            assertEquals("{{ \"é\" }}", checkpoint.companion("chat_template.jinja").orElseThrow());
            assertEquals(false, checkpoint.companion("none.json").isPresent());
            refused(
                    folder.resolve("tokenizer.json"),
                    "byte 1: the text is not valid UTF-8",
                    () -> checkpoint.companion("tokenizer.json"));
        }
    }
}
