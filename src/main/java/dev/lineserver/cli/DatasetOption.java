package dev.lineserver.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

import dev.lineserver.store.DatasetName;

/** Which dataset. */
final class DatasetOption {
    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            description = "The dataset. Default: ${DEFAULT-VALUE}",
            defaultValue = "default",
            converter = Converter.class)
    DatasetName name;

    /** Reads a dataset's name. */
    static final class Converter implements ITypeConverter<DatasetName> {
        @Override
        public DatasetName convert(String value) {
            try {
                return new DatasetName(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
