package org.djlquant.zoo.fetch;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlquant.zoo.fetch.DownloadException.Kind;

/** Picks from the files of a repository those that make up a model; repositories often hold several forms of it. */
public final class ModelFiles {
    private static final Pattern SPLIT = Pattern.compile("(.*)-\\d{5}-of-(\\d{5})\\.gguf");
    private static final Pattern TEXT = Pattern.compile(
            "(?!README).*\\.(json|jinja|txt)|tokenizer\\.model|spiece\\.model|tokenizer\\.tiktoken|ice_text\\.model");

    private ModelFiles() {}

    /**
     * The files a reference means: with {@code #file} that one, or the GGUF file whose name contains it ({@code
     * #Q4_K_M}), with all its parts if it is split; else the safetensors model, or the only GGUF file.
     *
     * @throws DownloadException if there is none, or several; lists what there is
     */
    public static List<HubFile> select(HubReference reference, List<HubFile> files) {
        if (reference.file() != null) {
            return withParts(named(reference, files), files);
        }
        List<HubFile> top = files.stream().filter(f -> !f.name().contains("/")).toList();
        List<HubFile> safetensors = top.stream()
                .filter(f -> f.name().endsWith(".safetensors") && !f.name().startsWith("consolidated"))
                .toList();
        if (!safetensors.isEmpty()) {
            return top.stream().filter(f -> safetensors.contains(f) || TEXT.matcher(f.name()).matches()).toList();
        }
        List<HubFile> gguf = models(files);
        if (gguf.size() == 1) {
            return withParts(gguf.getFirst(), files);
        }
        if (gguf.size() > 1) {
            throw new DownloadException(
                    Kind.NOT_FOUND, reference + " holds several models; choose one, e.g. #" + gguf.getFirst().name() + ": " + names(gguf));
        }
        boolean pickles = files.stream().anyMatch(f -> f.name().endsWith(".bin") || f.name().endsWith(".pt"));
        throw new DownloadException(
                Kind.NOT_FOUND,
                reference + " holds neither safetensors nor GGUF files"
                        + (pickles ? "; its PyTorch files are not read because they can run code, look for a converted copy" : ""));
    }

    private static HubFile named(HubReference reference, List<HubFile> files) {
        for (HubFile file : files) {
            if (file.name().equals(reference.file())) {
                return file;
            }
        }
        String part = reference.file().toLowerCase(Locale.ROOT);
        List<HubFile> matching =
                models(files).stream().filter(f -> containsWord(f.name().toLowerCase(Locale.ROOT), part)).toList();
        if (matching.size() == 1) {
            return matching.getFirst();
        }
        List<HubFile> offered = matching.isEmpty() ? models(files) : matching;
        throw new DownloadException(
                Kind.NOT_FOUND,
                reference + (matching.isEmpty() ? ": there is no such file; there are " : ": several files match: ")
                        + (offered.isEmpty() ? "no GGUF files" : names(offered)));
    }

    /** {@code q4_k} must not match {@code q4_k_m}. */
    private static boolean containsWord(String name, String part) {
        return Pattern.compile("(^|[^a-z0-9_])" + Pattern.quote(part) + "($|[^a-z0-9_])").matcher(name).find();
    }

    /** GGUF files, of split ones only the first part. */
    private static List<HubFile> models(List<HubFile> files) {
        return files.stream()
                .filter(f -> f.name().endsWith(".gguf"))
                .filter(f -> !SPLIT.matcher(f.name()).matches() || f.name().contains("-00001-of-"))
                .toList();
    }

    private static List<HubFile> withParts(HubFile file, List<HubFile> files) {
        Matcher m = SPLIT.matcher(file.name());
        if (!m.matches()) {
            return List.of(file);
        }
        Pattern parts = Pattern.compile(Pattern.quote(m.group(1)) + "-\\d{5}-of-" + m.group(2) + "\\.gguf");
        return files.stream().filter(f -> parts.matcher(f.name()).matches()).sorted((a, b) -> a.name().compareTo(b.name())).toList();
    }

    private static String names(List<HubFile> files) {
        return String.join(", ", files.stream().limit(20).map(HubFile::name).toList());
    }
}
